import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import {
  automaticBackends,
  type BackendName,
  backendNames,
  startBackend,
} from '../backends/start-backend.js';
import { tryBackend } from '../backends/try-backend.js';
import { projectRoot } from '../experiments/environment.js';
import { holdsMark, requireFreeOutputs } from '../files/planned-outputs.js';
import { requireWritableFolder } from '../files/writable-folder.js';
import { KitError } from '../kit-error.js';
import { readNotebook } from '../lab/notebook-file.js';
import { notebookNamed, notebooksIn } from '../lab/notebook-names.js';
import {
  EXECUTED_MARK,
  executedPaths,
  type PlannedNotebook,
  runNotebooks,
  sourceOfExecuted,
} from '../lab/notebook-runner.js';
import { describeBackend } from './describe-backend.js';

/** `kit lab`: runs notebooks; with `check`, says what this machine computes with. */
export async function labCommand(
  words: readonly string[],
  options: { check?: boolean; results: string; force?: boolean },
): Promise<void> {
  if (options.check) return check();
  const own = join(projectRoot, 'notebooks');
  const named = words.length > 0 ? words.map((word) => notebookNamed(word, own)) : notebooksIn(own);
  const paths = [...new Map(named.map((path) => [resolve(path), path])).values()];
  // All of it before the first runs: a run takes minutes.
  for (const path of paths) readNotebook(path);
  const folder = join(options.results, 'notebooks');
  const outputs = executedPaths(paths, folder);
  const notebooks = paths.map((path, i) => ({ path, outputPath: outputs[i], executedFrom: nameOf(path) }));
  await requireFreeOutputs({
    inputs: paths,
    outputs: outputs.map((path) => ({ path, isEarlierResult: holdsMark(EXECUTED_MARK) })),
    force: options.force,
  });
  if (!options.force) requireOwnCopies(notebooks);
  requireWritableFolder(folder);
  await runNotebooks(notebooks, {
    onCell: (path, done, total) => process.stdout.write(`${path}: cell ${done + 1} of ${total}\n`),
    onFailure: (path) => process.stdout.write(`${path}: failed\n`),
  });
  process.stdout.write(`Executed copies are in ${folder}.\n`);
}

/** A notebook as its executed copy names it: within the project the path from its root, elsewhere the whole path. */
function nameOf(path: string): string {
  const way = relative(projectRoot, resolve(path));
  return (way.startsWith('..') ? resolve(path) : way).split(sep).join('/');
}

/** Two notebooks of one name are not the same notebook. */
function requireOwnCopies(notebooks: readonly PlannedNotebook[]): void {
  for (const { outputPath, executedFrom } of notebooks) {
    const source = existsSync(outputPath) ? sourceOfExecuted(outputPath) : undefined;
    if (source !== undefined && source !== executedFrom) {
      throw new KitError(
        'not-writable',
        `${outputPath} is the executed copy of another notebook of that name, ${source}. Nothing was run. Choose another folder with --results, or write over it with --force.`,
      );
    }
  }
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
