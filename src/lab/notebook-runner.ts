import { fork } from 'node:child_process';
import { basename, delimiter, dirname, join, resolve, sep } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { textOfCopy } from './executed-notebook.js';
import { type NotebookOutput, readNotebook, sourceOf } from './notebook-file.js';
import { type CellOrder, type CellReport, REPORT_DESCRIPTOR } from './notebook-messages.js';
import { packageFolders } from './packages-of-the-kit.js';

const DEFAULT_TIMEOUT_SECONDS = 600;

export interface RunNotebookOptions {
  /** Where the executed copy goes; it is written also when a cell fails, with the outputs up to there. */
  readonly outputPath: string;
  /** What the executed copy says it is of. */
  readonly executedFrom?: string;
  /** For the whole notebook. Default: what its metadata says under `kit`, or 600. */
  readonly timeoutSeconds?: number;
  /** Called as each code cell begins. */
  onCell?(done: number, total: number): void;
}

/**
 * Runs a notebook's cells in order in a child process of its own, with tslab's own compiler and executor, in the
 * notebook's folder: no Python, no Jupyter, no output lost.
 *
 * @throws KitError `notebook-failed` naming notebook, cell and error; `unsupported-file` where it is no notebook
 */
export async function runNotebook(path: string, options: RunNotebookOptions): Promise<void> {
  const notebook = readNotebook(path);
  const codeCells = notebook.cells.filter((cell) => cell.cell_type === 'code');
  for (const cell of codeCells) Object.assign(cell, { outputs: [], execution_count: null });
  const { timeoutSeconds = notebook.metadata?.kit?.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS } = options;
  const child = startChild(dirname(resolve(path)), timeoutSeconds);
  try {
    for (const [i, cell] of codeCells.entries()) {
      options.onCell?.(i, codeCells.length);
      cell.execution_count = i + 1;
      cell.outputs = [];
      await child.runCell(sourceOf(cell), cell.outputs);
      const failure = cell.outputs.find((output) => output.output_type === 'error');
      if (failure !== undefined) {
        throw new KitError(
          'notebook-failed',
          `${path}, code cell ${i + 1}: ${failure.ename}: ${failure.evalue}\nThe notebook up to there is in ${options.outputPath}.`,
        );
      }
    }
  } finally {
    child.stop();
    const mark = { executed_by: EXECUTED_BY, executed_from: options.executedFrom };
    const cells = notebook.cells.map((cell) => ({
      ...cell,
      source: textOfCopy(cell, path, options.outputPath).split(/(?<=\n)/),
    }));
    const executed = { ...notebook, metadata: { ...notebook.metadata, ...mark }, cells };
    writeFileWhole(options.outputPath, `${JSON.stringify(executed, null, 1)}\n`);
  }
}

const EXECUTED_BY = 'angular-loss-kit';

/** The source that an executed copy names; undefined where it is no executed copy, or of before it named one. */
export function sourceOfExecuted(path: string): string | undefined {
  try {
    const { executed_by, executed_from } = readNotebook(path).metadata ?? {};
    return executed_by === EXECUTED_BY ? executed_from : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where the executed copies of notebooks go: into `folder` by their names, or, where two have one name, with as much of their
 * folders as they do not share.
 */
export function executedPaths(paths: readonly string[], folder: string): string[] {
  const names = paths.map((path) => basename(path).toLowerCase());
  if (new Set(names).size === names.length) return paths.map((path) => join(folder, basename(path)));
  const parts = paths.map((path) => resolve(path).split(sep));
  const shared = parts[0].findIndex((part, i) => parts.some((other) => other[i] !== part));
  return parts.map((own) => join(folder, ...own.slice(shared)));
}

/** What an executed copy holds in its metadata. */
export const EXECUTED_MARK = /"executed_by": "angular-loss-kit"/;

export interface PlannedNotebook extends Pick<RunNotebookOptions, 'outputPath' | 'executedFrom'> {
  readonly path: string;
}

export interface RunNotebooksOptions {
  /** Called as each code cell begins. */
  onCell?(path: string, done: number, total: number): void;
  /** Called as a notebook fails; the next one is run. */
  onFailure?(path: string): void;
}

/**
 * Runs notebooks one after another, also after one that fails.
 *
 * @throws KitError `notebook-failed` at the end, with every notebook that failed
 */
export async function runNotebooks(
  notebooks: readonly PlannedNotebook[],
  { onCell, onFailure }: RunNotebooksOptions = {},
): Promise<void> {
  const failures: KitError[] = [];
  for (const { path, ...options } of notebooks) {
    try {
      await runNotebook(path, { ...options, onCell: (done, total) => onCell?.(path, done, total) });
    } catch (error) {
      if (!(error instanceof KitError) || error.code !== 'notebook-failed') throw error;
      failures.push(error);
      onFailure?.(path);
    }
  }
  if (failures.length === 0) return;
  const heading =
    notebooks.length > 1 ? `${failures.length} of ${notebooks.length} notebooks failed:\n\n` : '';
  throw new KitError('notebook-failed', heading + failures.map(({ message }) => message).join('\n\n'));
}

/** A process that holds one notebook's variables; reports come over a pipe of their own, line by line. */
function startChild(folder: string, timeoutSeconds: number) {
  const child = fork(join(__dirname, 'notebook-child.js'), {
    cwd: folder,
    execArgv: [],
    env: {
      ...process.env,
      NODE_PATH: [process.env.NODE_PATH ?? [], packageFolders()].flat().join(delimiter),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
  const displays = new Map<string, NotebookOutput>();
  let outputs: NotebookOutput[] = [];
  let finish = () => {};
  let ended: string | null = null;
  let timedOut = false;
  const deadline = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutSeconds * 1000);

  createInterface({ input: child.stdio[REPORT_DESCRIPTOR] as Readable }).on('line', (line) => {
    const report = JSON.parse(line) as CellReport;
    if ('finished' in report) return finish();
    const shown = report.displayId === undefined ? undefined : displays.get(report.displayId);
    if (report.update && shown !== undefined) return void Object.assign(shown, report.output);
    add(outputs, report.output);
    if (report.displayId !== undefined) displays.set(report.displayId, report.output);
  });
  // What native libraries write goes past process.stdout.
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      add(outputs, { output_type: 'stream', name, text });
    });
  }
  child.on('close', (code, signal) => {
    ended = timedOut
      ? `The notebook took longer than ${timeoutSeconds} seconds.`
      : `The cell ended the process (${signal ?? `exit code ${code}`}).`;
    addEnding();
  });
  function addEnding(): void {
    if (ended === null) return;
    add(outputs, { output_type: 'error', ename: 'ProcessEnded', evalue: ended, traceback: [ended] });
    finish();
  }
  return {
    runCell(source: string, into: NotebookOutput[]): Promise<void> {
      outputs = into;
      return new Promise((resolveCell) => {
        finish = resolveCell;
        if (ended === null) child.send({ source } satisfies CellOrder);
        else addEnding();
      });
    },
    stop(): void {
      clearTimeout(deadline);
      child.kill('SIGKILL');
    },
  };
}

/** Neighbouring text of one stream becomes one output, as Jupyter shows it. */
function add(outputs: NotebookOutput[], output: NotebookOutput): void {
  const last = outputs[outputs.length - 1];
  if (output.output_type === 'stream' && last?.output_type === 'stream' && last.name === output.name) {
    outputs[outputs.length - 1] = { ...last, text: last.text + output.text };
  } else outputs.push(output);
}
