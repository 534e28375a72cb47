import { contingencyTable } from './contingency-table.js';

/**
 * F1 over pairs of rows: a pair is predicted when its rows share a cluster and true when they share a class
 * (Manning et al. 2008, section 16.3). Not the mean of per-class F1.
 *
 * @returns 0 to 1; 0 where no pair shares both, 1 where neither labeling has a pair at all
 */
export function pairwiseF1(clusters: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { rowSums, columnSums, cells } = contingencyTable(clusters, labels);
  const pairs = (sum: number, size: number) => sum + (size * (size - 1)) / 2;
  const both = cells.reduce((sum, { count }) => pairs(sum, count), 0);
  const all = rowSums.reduce(pairs, 0) + columnSums.reduce(pairs, 0);
  return all === 0 ? 1 : (2 * both) / all;
}
