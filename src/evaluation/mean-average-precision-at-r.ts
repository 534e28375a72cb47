import type { EmbeddingTable } from '../types/embedding-table.js';
import { type Metric, nearestNeighbours } from './nearest-neighbours.js';

export interface PrecisionAtR {
  /** Mean over rows of (1/R) Σ_{i≤R} precision(i) · [neighbour i is right]. */
  readonly meanAveragePrecisionAtR: number;
  /** Mean over rows of the share of right ones among the R nearest. */
  readonly rPrecision: number;
}

/** MAP@R (Musgrave et al. 2020, "A Metric Learning Reality Check", section 3.2), R being the other rows of a row's class. */
export async function meanAveragePrecisionAtR(
  table: EmbeddingTable,
  options: { readonly metric?: Metric } = {},
): Promise<number> {
  return (await precisionAtR(table, options)).meanAveragePrecisionAtR;
}

/** R-precision: the share of right ones among the R nearest, R being the other rows of a row's class. */
export async function rPrecision(
  table: EmbeddingTable,
  options: { readonly metric?: Metric } = {},
): Promise<number> {
  return (await precisionAtR(table, options)).rPrecision;
}

async function precisionAtR(
  table: EmbeddingTable,
  options: { readonly metric?: Metric },
): Promise<PrecisionAtR> {
  const largestR = Math.max(...classSizes(table.labels).values()) - 1;
  const { indices, k } = await nearestNeighbours(table, Math.max(1, largestR), options);
  return precisionOfNeighbours(indices, k, table.labels);
}

/** @param indices n × k neighbours, nearest first; k at least the largest R. A row with R = 0 scores 0. */
export function precisionOfNeighbours(indices: Int32Array, k: number, labels: Int32Array): PrecisionAtR {
  const sizes = classSizes(labels);
  let averageSum = 0;
  let shareSum = 0;
  for (let row = 0; row < labels.length; row++) {
    const r = (sizes.get(labels[row]) as number) - 1;
    let right = 0;
    let precisionSum = 0;
    for (let rank = 0; rank < r; rank++) {
      if (labels[indices[row * k + rank]] !== labels[row]) continue;
      right++;
      precisionSum += right / (rank + 1);
    }
    if (r > 0) {
      averageSum += precisionSum / r;
      shareSum += right / r;
    }
  }
  return { meanAveragePrecisionAtR: averageSum / labels.length, rPrecision: shareSum / labels.length };
}

/** Rows of each class. */
export function classSizes(labels: Int32Array): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return sizes;
}
