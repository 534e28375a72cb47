import { readFileSync } from 'node:fs';
import { KitError } from '../kit-error.js';

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

export interface NotebookCell {
  readonly cell_type: 'markdown' | 'code' | 'raw';
  readonly source: string | readonly string[];
  outputs?: NotebookOutput[];
  execution_count?: number | null;
}

export interface Notebook {
  readonly nbformat: number;
  readonly metadata?: {
    /** Seconds that a run of the whole notebook may take; for notebooks that take longer than the default. */
    readonly kit?: { readonly timeoutSeconds?: number };
  };
  readonly cells: NotebookCell[];
}

/** @throws KitError `unsupported-file` where it is no notebook of nbformat 4 */
export function readNotebook(path: string): Notebook {
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

/** A cell's source in one piece. */
export function sourceOf(cell: NotebookCell): string {
  return typeof cell.source === 'string' ? cell.source : cell.source.join('');
}
