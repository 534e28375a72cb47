import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Notebook, readNotebook, sourceOf } from './notebook-file.js';

/** Whether an executed copy was made of these cells: the same sources in the same order. */
export function isExecutionOf(executed: Notebook, source: Notebook): boolean {
  const cells = ({ cells }: Notebook) =>
    JSON.stringify(cells.map((cell) => [cell.cell_type, sourceOf(cell)]));
  return cells(executed) === cells(source);
}

/**
 * The executed copy of a notebook, where there is one that belongs to it.
 *
 * @param path of the notebook's source
 * @param folder of the executed copies
 */
export function executedNotebook(path: string, folder: string): Notebook | undefined {
  const copy = join(folder, basename(path));
  if (!existsSync(copy)) return undefined;
  const executed = readNotebook(copy);
  return isExecutionOf(executed, readNotebook(path)) ? executed : undefined;
}
