import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  automaticBackends,
  type BackendName,
  backendNames,
  startBackend,
} from '../backends/start-backend.js';
import { tryBackend } from '../backends/try-backend.js';
import { projectRoot } from '../experiments/environment.js';
import { holdsMark, requireFreeOutputs } from '../files/planned-outputs.js';
import { EXECUTED_MARK, executedPath, runNotebooks } from '../lab/notebook-runner.js';
import { describeBackend } from './describe-backend.js';

/** `kit lab`: runs notebooks; with `check`, says what this machine computes with. */
export async function labCommand(
  paths: readonly string[],
  options: { check?: boolean; results: string; force?: boolean },
): Promise<void> {
  if (options.check) return check();
  const folder = join(projectRoot, 'notebooks');
  const all = readdirSync(folder)
    .filter((file) => file.endsWith('.ipynb'))
    .sort()
    .map((file) => join(folder, file));
  const output = join(options.results, 'notebooks');
  const notebooks = paths.length > 0 ? paths : all;
  await requireFreeOutputs({
    inputs: notebooks,
    outputs: notebooks.map((path) => ({
      path: executedPath(path, output),
      isEarlierResult: holdsMark(EXECUTED_MARK),
    })),
    force: options.force,
  });
  await runNotebooks(notebooks, output, (path, done, total) =>
    process.stdout.write(`${path}: cell ${done + 1} of ${total}\n`),
  );
  process.stdout.write(`Executed copies are in ${output}.\n`);
}

async function check(): Promise<void> {
  const forced = process.env.KIT_BACKEND as BackendName | undefined;
  // Says what a forced one lacks, and names that there are not.
  if (forced) await startBackend();
  let used: BackendName | null = null;
  // Each in a process of its own: one process runs one backend.
  for (const name of forced ? [forced] : backendNames) {
    const tried = tryBackend(name);
    const mayBeUsed = forced === name || automaticBackends.includes(name);
    if (used === null && tried.backend !== null && mayBeUsed) used = name;
    process.stdout.write(`${name}${used === name ? ' (used)' : ''}: ${describeBackend(tried)}\n`);
  }
}
