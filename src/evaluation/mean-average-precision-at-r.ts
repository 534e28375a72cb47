import type { EmbeddingTable } from '../types/embedding-table.js';
import { type PositiveRanks, type RetrievalOptions, rankPositives } from './positive-ranks.js';

/**
 * MAP@R (Musgrave et al. 2020, section 3.2): for a query with R other rows of its class, the mean over the
 * first R ranks of the precision there, 0 where the rank holds another class; then the mean over queries.
 *
 * @returns 0 to 1
 * @throws KitError as `recallAtK`
 */
export async function meanAveragePrecisionAtR(
  table: EmbeddingTable,
  options: RetrievalOptions = {},
): Promise<number> {
  return mean((await rankPositives(table, options)).averagePrecisionAtR);
}

/**
 * R-precision: the share of a query's R nearest others that are of its class, R being the number of other rows
 * of its class; then the mean over queries.
 *
 * @returns 0 to 1
 * @throws KitError as `recallAtK`
 */
export async function rPrecision(table: EmbeddingTable, options: RetrievalOptions = {}): Promise<number> {
  return mean((await rankPositives(table, options)).rPrecision);
}

/** @returns both scores of one search */
export function precisionOfRanks(ranks: PositiveRanks): {
  meanAveragePrecisionAtR: number;
  rPrecision: number;
} {
  return { meanAveragePrecisionAtR: mean(ranks.averagePrecisionAtR), rPrecision: mean(ranks.rPrecision) };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
