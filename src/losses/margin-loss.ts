import * as tf from '@tensorflow/tfjs';
import type { EmbeddingTable } from '../types/embedding-table.js';
import type { BatchLoss } from './batch-loss.js';
import { l2Normalize } from './l2-normalize.js';
import { pairwiseSquaredDistances, rootOfDistances } from './pairwise-distances.js';

export interface MarginLossOptions {
  /** α: how far a pair must lie on its side of β. Default 0.2, as in the authors' code. */
  readonly margin?: number;
  /** β, the distance that parts positives from negatives. Default 1.2, where the authors' code starts it. */
  readonly beta?: number;
  /** `all` (default) puts every embedding on the unit sphere first, which the default β is meant for. */
  readonly normalize?: 'none' | 'all';
  /**
   * Row indices of the triplets whose (anchor, positive) and (anchor, negative) pairs count, each as often as it is
   * listed; `(table) => distanceWeightedTriplets(table, { random })` is the paper's. Default: every pair of the batch, once.
   */
  readonly triplets?: (table: EmbeddingTable) => {
    readonly anchors: ArrayLike<number>;
    readonly positives: ArrayLike<number>;
    readonly negatives: ArrayLike<number>;
  };
}

/**
 * Margin loss (Wu et al. 2017, "Sampling Matters in Deep Embedding Learning", section 4): the mean of
 * [α + y_ij (D_ij − β)]₊ over the pairs where it is positive, D the Euclidean distance, y = 1 for a pair of one class and
 * −1 for another. 0, with zero gradient, where no pair is.
 *
 * The paper learns β; here it is fixed, as in pytorch-metric-learning's default.
 *
 * Gradient, M the number of pairs counted: y_ij (x_i−x_j)/(D_ij M) to x_i and its opposite to x_j; 0 where D_ij = 0.
 * Plain twin: `reference.margin`.
 */
export function marginLoss(options: MarginLossOptions = {}): BatchLoss {
  const { margin = 0.2, beta = 1.2, normalize = 'all', triplets } = options;
  return (embeddings, labels) =>
    tf.tidy(() => {
      const [n, dimension] = embeddings.shape;
      const points = normalize === 'all' ? l2Normalize(embeddings) : embeddings;
      const times = new Float32Array(n * n);
      if (triplets === undefined) {
        for (let i = 0; i < n; i++) times.fill(1, i * n + i + 1, (i + 1) * n);
      } else {
        const vectors = points.dataSync<'float32'>();
        const { anchors, positives, negatives } = triplets({
          vectors,
          dimension,
          labels: Int32Array.from(labels),
        });
        for (let i = 0; i < anchors.length; i++) {
          times[anchors[i] * n + positives[i]]++;
          times[anchors[i] * n + negatives[i]]++;
        }
      }
      const signs = Float32Array.from(times, (_, at) =>
        labels[Math.floor(at / n)] === labels[at % n] ? 1 : -1,
      );
      const counts = tf.tensor2d(times, [n, n]);
      const beyond = rootOfDistances(pairwiseSquaredDistances(points)).sub(beta);
      const violations = beyond
        .mul(tf.tensor2d(signs, [n, n]))
        .add(margin)
        .relu();
      const counted = violations.step().mul(counts).sum().maximum(1);
      return violations.mul(counts).sum().div<tf.Scalar>(counted);
    });
}
