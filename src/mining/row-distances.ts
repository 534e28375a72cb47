import type { EmbeddingTable } from '../types/embedding-table.js';

/** Squared Euclidean distances of one row to all: n numbers, never n × n. */
export function squaredDistancesFrom(
  { vectors, dimension, labels }: EmbeddingTable,
  row: number,
): Float64Array {
  const distances = new Float64Array(labels.length);
  for (let other = 0, at = 0; other < labels.length; other++) {
    let sum = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++, at++)
      sum += (vectors[i] - vectors[at]) ** 2;
    distances[other] = sum;
  }
  return distances;
}

/** Rows of the anchor's class but the anchor, and rows of the other classes. */
export function positivesAndNegatives(
  labels: Int32Array,
  anchor: number,
): { positives: number[]; negatives: number[] } {
  const positives: number[] = [];
  const negatives: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] !== labels[anchor]) negatives.push(row);
    else if (row !== anchor) positives.push(row);
  }
  return { positives, negatives };
}
