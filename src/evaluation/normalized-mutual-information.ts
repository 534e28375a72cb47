import { contingencyTable, entropy, mutualInformation } from './contingency-table.js';

/**
 * NMI = 2 I(a; b) / (H(a) + H(b)), the arithmetic mean below the line (Manning et al. 2008, section 16.3; the
 * field's usual form). Two labelings that are both of one class score 1, as scikit-learn has it.
 *
 * @returns 0 to 1
 */
export function normalizedMutualInformation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const table = contingencyTable(a, b);
  const entropies = entropy(table.rowSums, table.n) + entropy(table.columnSums, table.n);
  return entropies === 0 ? 1 : Math.max(0, (2 * mutualInformation(table)) / entropies);
}
