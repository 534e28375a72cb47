import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask } from './batch-pairs.js';
import { pairwiseSquaredDistances, rootOfDistances } from './pairwise-distances.js';

export interface ContrastiveLossOptions {
  /** m: negatives nearer than this are pushed away. Default 1. */
  readonly margin?: number;
  /**
   * Which negative pairs the second mean is over. `all` (default): every one, those beyond the margin counting 0.
   * `within-margin`: only those nearer than m, so that the push does not fade as most negatives leave the margin.
   */
  readonly negatives?: 'all' | 'within-margin';
}

/**
 * Mean of D² over the positive pairs plus mean of [m − D]₊² over the negative pairs (Hadsell et al. 2006,
 * Eq. 4, with every pair of the batch). The two means are taken apart, since a batch holds many times more
 * negative pairs than positive ones. A kind of pair that the batch has not adds 0.
 *
 * Gradient of one pair to x_i: 2(x_i−x_j) for a positive, −2[m−D]₊ (x_i−x_j)/D for a negative, 0 where D = 0. Plain twin:
 * `reference.contrastive`.
 */
export function contrastiveLoss(options: ContrastiveLossOptions = {}): BatchLoss {
  const { margin = 1, negatives = 'all' } = options;
  return (embeddings, labels) =>
    tf.tidy(() => {
      const n = labels.length;
      const squared = pairwiseSquaredDistances(embeddings);
      const negative = negativeMask(labels);
      const negativePairs = negative.reduce((sum, value) => sum + value, 0);
      const positivePairs = n * n - n - negativePairs;
      const toNegative = tf.tensor2d(negative, [n, n]);
      const toPositive = tf.onesLike(toNegative).sub(toNegative);
      const pull = squared.mul(toPositive).sum().div(Math.max(1, positivePairs));
      const gaps = tf.scalar(margin).sub(rootOfDistances(squared)).relu().mul(toNegative);
      const counted = negatives === 'all' ? tf.scalar(negativePairs) : gaps.step().sum();
      const push = gaps.square().sum().div(tf.maximum(counted, 1));
      return pull.add<tf.Scalar>(push);
    });
}
