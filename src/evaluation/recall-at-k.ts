import type { EmbeddingTable } from '../types/embedding-table.js';
import { type Metric, nearestNeighbours } from './nearest-neighbours.js';

/**
 * Recall@K: the share of rows that have a row of their class among their K nearest others (Song et al. 2016;
 * Jégou et al. 2011). The mean is over all rows: one whose class has no other row is a miss.
 *
 * @param ks any whole numbers from 1 to n − 1
 * @returns share, 0 to 1, by K
 */
export async function recallAtK(
  table: EmbeddingTable,
  ks: readonly number[],
  options: { readonly metric?: Metric } = {},
): Promise<Record<number, number>> {
  const { indices, k } = await nearestNeighbours(table, Math.max(...ks), options);
  return recallOfNeighbours(indices, k, table.labels, ks);
}

/** @param indices n × k neighbours, nearest first */
export function recallOfNeighbours(
  indices: Int32Array,
  k: number,
  labels: Int32Array,
  ks: readonly number[],
): Record<number, number> {
  const firstHits = new Int32Array(k + 1);
  for (let row = 0; row < labels.length; row++) {
    let rank = 0;
    while (rank < k && labels[indices[row * k + rank]] !== labels[row]) rank++;
    firstHits[rank]++;
  }
  return Object.fromEntries(
    ks.map((wanted) => [
      wanted,
      firstHits.subarray(0, wanted).reduce((sum, hits) => sum + hits, 0) / labels.length,
    ]),
  );
}
