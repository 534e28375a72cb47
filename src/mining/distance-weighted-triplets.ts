import type { SeededRandom } from '../seeded-random.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { requireLabelled } from './mined-table.js';
import { positivesAndNegatives, squaredDistancesFrom } from './row-distances.js';
import { TripletList, type Triplets } from './triplet-list.js';
import { unitLength } from './unit-length-table.js';

export interface DistanceWeightedOptions {
  readonly random: SeededRandom;
  /** Distances below are taken for this one, so that noise is not blown up. Default 0.5, the paper's. */
  readonly cutoff?: number;
  /** Negatives farther than this are never drawn. Default 1.4, as in the authors' code. */
  readonly farthest?: number;
}

/**
 * Distance-weighted sampling (Wu et al. 2017, "Sampling Matters in Deep Embedding Learning", section 4): one negative
 * for every ordered anchor–positive pair, drawn with weight 1/q(D), where q(D) ∝ D^(d−2) (1 − D²/4)^((d−3)/2) is the density
 * of distances between random points of the unit sphere in d dimensions. Works on the rows put to unit length.
 */
export function distanceWeightedTriplets(table: EmbeddingTable, options: DistanceWeightedOptions): Triplets {
  const { random, cutoff = 0.5, farthest = 1.4 } = options;
  const unit = unitLength(requireLabelled(table));
  const d = table.dimension;
  const list = new TripletList();
  for (let anchor = 0; anchor < unit.labels.length; anchor++) {
    const { positives, negatives } = positivesAndNegatives(unit.labels, anchor);
    if (positives.length === 0) continue;
    const distances = squaredDistancesFrom(unit, anchor).map(Math.sqrt);
    // From D = 2 on the weight is no number: never drawn, as in pytorch-metric-learning.
    const near = negatives.filter((row) => distances[row] <= farthest && distances[row] < 2);
    const logWeights = near.map((row) => {
      const distance = Math.max(distances[row], cutoff);
      return -(d - 2) * Math.log(distance) - ((d - 3) / 2) * Math.log(1 - distance ** 2 / 4);
    });
    const largest = logWeights.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
    const weights = logWeights.map((value) => Math.exp(value - largest));
    const total = weights.reduce((sum, value) => sum + value, 0);
    if (near.length === 0) continue;
    for (const positive of positives) {
      let left = random.uniform() * total - weights[0];
      let chosen = 0;
      while (left >= 0 && chosen < near.length - 1) left -= weights[++chosen];
      list.add(anchor, positive, near[chosen]);
    }
  }
  return list.columns();
}
