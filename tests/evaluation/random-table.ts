import { SeededRandom } from '../../src/seeded-random.js';
import type { EmbeddingTable } from '../../src/types/embedding-table.js';

/** Rows scattered around a centre for each class. @param spread standard deviation, that of the centres being 1 */
export function scatteredTable(
  n: number,
  dimension: number,
  classes: number,
  spread: number,
  seed: string,
): EmbeddingTable {
  const random = new SeededRandom(seed);
  const centres = Float32Array.from({ length: classes * dimension }, () => random.normal());
  const labels = Int32Array.from({ length: n }, () => random.integer(classes));
  const vectors = Float32Array.from(
    { length: n * dimension },
    (_, i) =>
      centres[labels[Math.floor(i / dimension)] * dimension + (i % dimension)] + spread * random.normal(),
  );
  return { vectors, dimension, labels };
}

/** The same rows and labels in another order: row i is the old row order[i]. */
export function reordered(
  { vectors, dimension, labels }: EmbeddingTable,
  order: readonly number[],
): EmbeddingTable {
  return {
    vectors: Float32Array.from(
      { length: order.length * dimension },
      (_, i) => vectors[order[Math.floor(i / dimension)] * dimension + (i % dimension)],
    ),
    dimension,
    labels: Int32Array.from(order, (row) => labels[row]),
  };
}
