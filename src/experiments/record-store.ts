import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import type { RunRecord } from '../types/run-record.js';
import { type RunSpec, runId } from './run-spec.js';

/** Where a run's record lies under the results folder. */
export function recordPath(results: string, experiment: string, id: string): string {
  return join(results, 'runs', experiment, `${id}.json`);
}

/** Whether a run is done. */
export function hasRecord(results: string, spec: RunSpec): boolean {
  return existsSync(recordPath(results, spec.experiment, runId(spec)));
}

/** Where a run's test embeddings lie; kept out of git, drawn from for galleries and maps. */
export function embeddingsPath(results: string, experiment: string, id: string): string {
  return join(results, 'embeddings', experiment, `${id}.bin`);
}

/** Where an unfinished run's state lies. */
export function checkpointPath(results: string, experiment: string, id: string): string {
  return join(results, 'checkpoints', experiment, `${id}.checkpoint`);
}

/** Where a run's network lies, if it was kept. */
export function keptModelPath(results: string, experiment: string, id: string): string {
  return join(results, 'models', experiment, `${id}.onnx`);
}

export function writeRecord(results: string, record: RunRecord): void {
  writeFileWhole(recordPath(results, record.experiment, record.id), recordText(record));
}

/** A key a line, but lists of numbers in one line: scores by class are as many as there are classes. */
function recordText(record: RunRecord): string {
  const text = JSON.stringify(record, null, 1).replace(
    /\[\s+(-?\d[^[\]{}"]*?)\s+\]/g,
    (_, numbers: string) => `[${numbers.replace(/\s+/g, '')}]`,
  );
  return `${text}\n`;
}

/** Forgets a run: its record, its embeddings and its checkpoint. */
export function removeRun(results: string, experiment: string, id: string): void {
  for (const path of [recordPath, embeddingsPath, checkpointPath])
    rmSync(path(results, experiment, id), { force: true });
}

/** Every record of an experiment, by method and seed; none where nothing ran yet. */
export function readRecords(results: string, experiment: string): RunRecord[] {
  const folder = join(results, 'runs', experiment);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readRecord(join(folder, file)))
    .sort((a, b) => a.method.localeCompare(b.method) || a.seed - b.seed || a.id.localeCompare(b.id));
}

/** @throws KitError `invalid-spec` where the file is no record */
export function readRecord(path: string): RunRecord {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as RunRecord;
    if ([1, 2].includes(record.format) && typeof record.id === 'string') return record;
  } catch (error) {
    throw new KitError(
      'invalid-spec',
      `${path} is not a run record: ${(error as Error).message}. Delete it and run again.`,
      {
        cause: error,
      },
    );
  }
  throw new KitError(
    'invalid-spec',
    `${path} is not a run record of format 1 or 2. Delete it and run again.`,
  );
}
