import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask } from './batch-pairs.js';
import { pairwiseSquaredDistances, rootOfDistances } from './pairwise-distances.js';

export interface ContrastiveLossOptions {
  /** m: negatives nearer than this are pushed away. Default 1. */
  readonly margin?: number;
  /**
   * What the mean is over. `pairs` (default): all pairs of the batch, as in the paper's sum, so that the many negative
   * pairs weigh by their number. `kinds`: the positive pairs and the negative pairs by themselves, then added, which
   * weighs the pull of a batch of four images a class some twenty times more.
   */
  readonly mean?: 'pairs' | 'kinds';
}

/**
 * Mean over the pairs of the batch of D² for a positive pair and [m − D]₊² for a negative one (Hadsell et al. 2006, Eq. 4
 * without its ½). A kind of pair that the batch has not adds 0.
 *
 * Gradient of one pair to x_i: 2(x_i−x_j) for a positive, −2[m−D]₊ (x_i−x_j)/D for a negative, 0 where D = 0. Plain twin:
 * `reference.contrastive`.
 */
export function contrastiveLoss(options: ContrastiveLossOptions = {}): BatchLoss {
  const { margin = 1, mean = 'pairs' } = options;
  return (embeddings, labels) =>
    tf.tidy(() => {
      const n = labels.length;
      const squared = pairwiseSquaredDistances(embeddings);
      const negative = negativeMask(labels);
      const negativePairs = negative.reduce((sum, value) => sum + value, 0);
      const pairs = n * n - n;
      const counts = mean === 'pairs' ? [pairs, pairs] : [pairs - negativePairs, negativePairs];
      const [ofPositives, ofNegatives] = counts.map((count) => Math.max(1, count));
      const toNegative = tf.tensor2d(negative, [n, n]);
      const toPositive = tf.onesLike(toNegative).sub(toNegative);
      const pull = squared.mul(toPositive).sum().div(ofPositives);
      const gaps = tf.scalar(margin).sub(rootOfDistances(squared)).relu().mul(toNegative);
      const push = gaps.square().sum().div(ofNegatives);
      return pull.add<tf.Scalar>(push);
    });
}
