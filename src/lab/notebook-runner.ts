import { fork } from 'node:child_process';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { type NotebookOutput, readNotebook, sourceOf } from './notebook-file.js';
import { type CellOrder, type CellReport, REPORT_DESCRIPTOR } from './notebook-messages.js';

const DEFAULT_TIMEOUT_SECONDS = 600;

export interface RunNotebookOptions {
  /** Where the executed copy goes; it is written also when a cell fails, with the outputs up to there. */
  readonly outputPath: string;
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
    const executed = { ...notebook, metadata: { ...notebook.metadata, executed_by: 'angular-loss-kit' } };
    writeFileWhole(options.outputPath, `${JSON.stringify(executed, null, 1)}\n`);
  }
}

/** Where the executed copy of a notebook goes. */
export function executedPath(path: string, folder: string): string {
  return join(folder, basename(path));
}

/** What an executed copy holds in its metadata. */
export const EXECUTED_MARK = /"executed_by": "angular-loss-kit"/;

/** Runs notebooks one after another into `folder`. @throws KitError `notebook-failed` at the first that fails */
export async function runNotebooks(
  paths: readonly string[],
  folder: string,
  onCell?: (path: string, done: number, total: number) => void,
): Promise<void> {
  for (const path of paths) {
    const outputPath = executedPath(path, folder);
    await runNotebook(path, { outputPath, onCell: (done, total) => onCell?.(path, done, total) });
  }
}

/** A process that holds one notebook's variables; reports come over a pipe of their own, line by line. */
function startChild(folder: string, timeoutSeconds: number) {
  const child = fork(join(__dirname, 'notebook-child.js'), {
    cwd: folder,
    execArgv: [],
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
