import type { EmbeddingTable } from '../types/embedding-table.js';

/** The table with every row divided by its length; zero rows stay zero. */
export function unitLength({ vectors, dimension, labels }: EmbeddingTable): EmbeddingTable {
  const unit = new Float32Array(vectors.length);
  for (let start = 0; start < vectors.length; start += dimension) {
    const length = Math.sqrt(
      vectors.subarray(start, start + dimension).reduce((sum, value) => sum + value * value, 0),
    );
    for (let i = start; i < start + dimension; i++) unit[i] = length === 0 ? 0 : vectors[i] / length;
  }
  return { vectors: unit, dimension, labels };
}
