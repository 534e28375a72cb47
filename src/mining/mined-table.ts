import { requireClassLabels } from '../types/class-labels.js';
import type { EmbeddingTable } from '../types/embedding-table.js';

/**
 * The table, once its labels are found to be one for each row.
 *
 * @throws KitError `invalid-argument`
 */
export function requireLabelled(table: EmbeddingTable): EmbeddingTable {
  requireClassLabels(table.labels, table.vectors.length / table.dimension);
  return table;
}
