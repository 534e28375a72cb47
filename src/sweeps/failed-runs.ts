import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeFileWhole } from '../files/write-file-whole.js';
import type { Sweep } from './sweep-plan.js';

/** Why a run has no record, as its last try left it. */
export interface FailedRun {
  readonly id: string;
  readonly message: string;
  readonly at: string;
  readonly host: string;
}

function pathOf({ folder }: Pick<Sweep, 'folder'>, id: string): string {
  return join(folder, 'failed', `${id}.json`);
}

export function writeFailedRun(sweep: Pick<Sweep, 'folder'>, id: string, message: string): void {
  const failed: FailedRun = { id, message, at: new Date().toISOString(), host: hostname() };
  writeFileWhole(pathOf(sweep, id), `${JSON.stringify(failed, null, 1)}\n`);
}

/** Once a later try succeeded. */
export function forgetFailedRun(sweep: Pick<Sweep, 'folder'>, id: string): void {
  rmSync(pathOf(sweep, id), { force: true });
}

export function readFailedRuns({ folder }: Pick<Sweep, 'folder'>): Map<string, FailedRun> {
  const failed = join(folder, 'failed');
  if (!existsSync(failed)) return new Map();
  const runs = readdirSync(failed)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(failed, file), 'utf8')) as FailedRun);
  return new Map(runs.map((run) => [run.id, run]));
}
