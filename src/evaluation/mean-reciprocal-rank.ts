import type { EmbeddingTable } from '../types/embedding-table.js';
import { type PositiveRanks, type RetrievalOptions, rankPositives } from './positive-ranks.js';

/**
 * MRR: the mean over queries of 1 / rank of the nearest other row of the query's class.
 *
 * @returns 0 to 1
 * @throws KitError as `recallAtK`
 */
export async function meanReciprocalRank(
  table: EmbeddingTable,
  options: RetrievalOptions = {},
): Promise<number> {
  return reciprocalOfRanks(await rankPositives(table, options));
}

export function reciprocalOfRanks({ nearest }: PositiveRanks): number {
  return nearest.reduce((sum, rank) => sum + 1 / rank, 0) / nearest.length;
}
