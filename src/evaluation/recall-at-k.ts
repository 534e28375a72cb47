import { KitError } from '../kit-error.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { type PositiveRanks, type RetrievalOptions, rankPositives } from './positive-ranks.js';

/**
 * Recall@K: the share of queries that have a row of their class among their K nearest others, self left out by
 * index (Jégou et al. 2011; Song et al. 2016). Every row is a query; one whose class has no
 * other row is a miss, unless `singleImageClasses` excludes it. A row of another class at exactly the same distance counts as nearer.
 *
 * @param ks any whole numbers from 1 to n − 1
 * @returns share, 0 to 1, by K
 * @throws KitError `invalid-argument` for a K out of range; `invalid-embeddings`; `cancelled`
 */
export async function recallAtK(
  table: EmbeddingTable,
  ks: readonly number[],
  options: RetrievalOptions = {},
): Promise<Record<number, number>> {
  checkKs(ks, table.labels.length);
  return recallOfRanks(await rankPositives(table, options), ks);
}

/** @throws KitError `invalid-argument` naming the K that is out of range */
export function checkKs(ks: readonly number[], n: number): void {
  const wrong = ks.find((k) => !Number.isInteger(k) || k < 1 || k > n - 1);
  if (wrong === undefined && ks.length > 0) return;
  throw new KitError(
    'invalid-argument',
    `Recall@K was asked for K = ${wrong ?? 'nothing'}; each K must be a whole number between 1 and ${n - 1}, the other rows there are.`,
  );
}

export function recallOfRanks({ nearest }: PositiveRanks, ks: readonly number[]): Record<number, number> {
  const hits = (k: number) => nearest.reduce((sum, rank) => sum + (rank <= k ? 1 : 0), 0);
  return Object.fromEntries(ks.map((k) => [k, hits(k) / nearest.length]));
}
