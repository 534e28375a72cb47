import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { KitError } from '../runtime/kit-error.js';
import { writeFileWhole } from '../runtime/write-file-whole.js';
import type { CellOrder, CellReport } from './notebook-child.js';

/** An output of a cell, as nbformat 4 has it. */
export type NotebookOutput =
  | { readonly output_type: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | { readonly output_type: 'display_data'; readonly data: object; readonly metadata: object }
  | {
      readonly output_type: 'error';
      readonly ename: string;
      readonly evalue: string;
      readonly traceback: readonly string[];
    };

interface NotebookCell {
  readonly cell_type: 'markdown' | 'code' | 'raw';
  readonly source: string | readonly string[];
  outputs?: NotebookOutput[];
  execution_count?: number | null;
}

interface Notebook {
  readonly nbformat: number;
  readonly cells: NotebookCell[];
}

export interface RunNotebookOptions {
  /** Where the executed copy goes; it is written also when a cell fails, with the outputs up to there. */
  readonly outputPath: string;
  /** For the whole notebook. Default 600. */
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
  const child = fork(join(__dirname, 'notebook-child.js'), { cwd: dirname(resolve(path)), execArgv: [] });
  const deadline = setTimeout(() => child.kill('SIGKILL'), (options.timeoutSeconds ?? 600) * 1000);
  try {
    for (const [i, cell] of codeCells.entries()) {
      options.onCell?.(i, codeCells.length);
      cell.execution_count = i + 1;
      cell.outputs = await runCell(child, sourceOf(cell), options.timeoutSeconds ?? 600);
      const failure = cell.outputs.find((output) => output.output_type === 'error');
      if (failure !== undefined) {
        throw new KitError(
          'notebook-failed',
          `${path}, code cell ${i + 1}: ${failure.ename}: ${failure.evalue}\nThe notebook up to there is in ${options.outputPath}.`,
        );
      }
    }
  } finally {
    clearTimeout(deadline);
    child.kill('SIGKILL');
    writeFileWhole(options.outputPath, `${JSON.stringify(notebook, null, 1)}\n`);
  }
}

/** Runs notebooks one after another into `folder`. @throws KitError `notebook-failed` at the first that fails */
export async function runNotebooks(
  paths: readonly string[],
  folder: string,
  onCell?: (path: string, done: number, total: number) => void,
): Promise<void> {
  for (const path of paths) {
    const outputPath = join(folder, basename(path));
    await runNotebook(path, { outputPath, onCell: (done, total) => onCell?.(path, done, total) });
  }
}

function readNotebook(path: string): Notebook {
  try {
    const notebook = JSON.parse(readFileSync(path, 'utf8')) as Notebook;
    if (notebook.nbformat === 4 && Array.isArray(notebook.cells)) return notebook;
  } catch (error) {
    throw new KitError(
      'unsupported-file',
      `${path} can't be read as a notebook: ${(error as Error).message}`,
      { cause: error },
    );
  }
  throw new KitError('unsupported-file', `${path} is not a notebook of nbformat 4.`);
}

function sourceOf(cell: NotebookCell): string {
  return typeof cell.source === 'string' ? cell.source : cell.source.join('');
}

function runCell(child: ReturnType<typeof fork>, source: string, seconds: number): Promise<NotebookOutput[]> {
  const outputs: NotebookOutput[] = [];
  return new Promise((finish) => {
    const ended = (_code: number | null, signal: string | null) => {
      const reason = signal === 'SIGKILL' ? `took longer than ${seconds} seconds` : 'ended the process';
      add(outputs, {
        output_type: 'error',
        ename: 'ProcessEnded',
        evalue: `The cell ${reason}.`,
        traceback: [],
      });
      done();
    };
    const listen = (report: CellReport) => {
      if ('output' in report) add(outputs, report.output);
      else done();
    };
    const done = () => {
      child.off('message', listen);
      child.off('exit', ended);
      finish(outputs);
    };
    child.on('message', listen);
    child.once('exit', ended);
    child.send({ source } satisfies CellOrder);
  });
}

/** Neighbouring text of one stream becomes one output, as Jupyter shows it. */
function add(outputs: NotebookOutput[], output: NotebookOutput): void {
  const last = outputs[outputs.length - 1];
  if (output.output_type === 'stream' && last?.output_type === 'stream' && last.name === output.name) {
    outputs[outputs.length - 1] = { ...last, text: last.text + output.text };
  } else outputs.push(output);
}
