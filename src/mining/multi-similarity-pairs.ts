import type { EmbeddingTable } from '../types/embedding-table.js';
import { requireLabelled } from './mined-table.js';
import { positivesAndNegatives, squaredDistancesFrom } from './row-distances.js';
import { unitLength } from './unit-length-table.js';

export interface MinedPairs {
  /** Pairs of one class, and of two classes, as (anchor, other) rows. */
  readonly positives: readonly (readonly [number, number])[];
  readonly negatives: readonly (readonly [number, number])[];
}

/**
 * Multi-similarity mining (Wang et al. 2019, "Multi-Similarity Loss with General Pair Weighting"), on cosine
 * similarities: a negative is kept when it is more similar to the anchor than the least similar positive less ε, a
 * positive when it is less similar than the most similar negative plus ε.
 *
 * @param options.epsilon default 0.1, the paper's
 */
export function multiSimilarityPairs(
  table: EmbeddingTable,
  options: { readonly epsilon?: number } = {},
): MinedPairs {
  const { epsilon = 0.1 } = options;
  const unit = unitLength(requireLabelled(table));
  const mined = { positives: [] as [number, number][], negatives: [] as [number, number][] };
  for (let anchor = 0; anchor < unit.labels.length; anchor++) {
    const { positives, negatives } = positivesAndNegatives(unit.labels, anchor);
    const similarity = squaredDistancesFrom(unit, anchor).map((squared) => 1 - squared / 2);
    const leastPositive = positives.reduce(
      (least, row) => Math.min(least, similarity[row]),
      Number.POSITIVE_INFINITY,
    );
    const mostNegative = negatives.reduce(
      (most, row) => Math.max(most, similarity[row]),
      Number.NEGATIVE_INFINITY,
    );
    for (const row of negatives)
      if (similarity[row] > leastPositive - epsilon) mined.negatives.push([anchor, row]);
    for (const row of positives)
      if (similarity[row] < mostNegative + epsilon) mined.positives.push([anchor, row]);
  }
  return mined;
}
