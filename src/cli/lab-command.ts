import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startBackend } from '../backends/start-backend.js';
import { projectRoot } from '../experiments/environment.js';
import { holdsMark, requireFreeOutputs } from '../files/planned-outputs.js';
import { EXECUTED_MARK, executedPath, runNotebooks } from '../lab/notebook-runner.js';

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
  const { name, threads, versions, absent } = await startBackend();
  for (const entry of absent) process.stdout.write(`${entry.name}: not here (${entry.reason})\n`);
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  process.stdout.write(
    `${name}: runs, ${threads} thread${threads === 1 ? '' : 's'} (${packages.join(', ')})\n`,
  );
}
