import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { movedLinks } from './moved-links.js';
import { type Notebook, type NotebookCell, readNotebook, sourceOf } from './notebook-file.js';

/**
 * A notebook with the outputs of its executed copy; undefined where there is no copy, or one of other cells.
 *
 * @param path of the notebook's source
 * @param folder of the executed copies
 */
export function executedNotebook(path: string, folder: string): Notebook | undefined {
  const copy = join(folder, basename(path));
  if (!existsSync(copy)) return undefined;
  const [source, executed] = [readNotebook(path), readNotebook(copy)];
  const isOf = (cell: NotebookCell, original: NotebookCell | undefined) =>
    original?.cell_type === cell.cell_type && sourceOf(cell) === textOfCopy(original, path, copy);
  if (source.cells.length !== executed.cells.length) return undefined;
  if (!executed.cells.every((cell, i) => isOf(cell, source.cells[i]))) return undefined;
  const cells = source.cells.map((cell, i) => {
    const { outputs, execution_count } = executed.cells[i];
    return { ...cell, outputs, execution_count };
  });
  return { ...source, cells };
}

/** What a cell says in a copy of its notebook. */
export function textOfCopy(cell: NotebookCell, path: string, copy: string): string {
  return cell.cell_type === 'markdown' ? movedLinks(sourceOf(cell), path, copy) : sourceOf(cell);
}
