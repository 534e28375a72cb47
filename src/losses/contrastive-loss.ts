import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positiveMask, positivePairs } from './batch-pairs.js';
import { labelled } from './labelled-batch.js';
import { FINITE_NUMBER, requireLossOptions } from './loss-options.js';
import { ofSquaredDistances, rootOfDistances } from './pairwise-distances.js';

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
 * Contrastive loss (Hadsell et al. 2006, Eq. 4 without its ½), the mean over the pairs of the batch:
 *
 * $$l=\frac1{|\text{pairs}|}\Bigl(\sum_{\text{one class}}D_{ij}^2+\sum_{\text{two classes}}[m-D_{ij}]_+^2\Bigr)$$
 *
 * with $D_{ij}=\lVert x_i-x_j\rVert$.
 *
 * A kind of pair that the batch has not adds 0.
 *
 * @gradient
 * Of one pair to $x_i$, and its opposite to $x_j$; 0 where $D=0$:
 *
 * $$\frac{\partial}{\partial x_i}D_{ij}^2=2(x_i-x_j)$$
 *
 * $$\frac{\partial}{\partial x_i}[m-D_{ij}]_+^2=-2[m-D_{ij}]_+\frac{x_i-x_j}{D_{ij}}.$$
 *
 * In the code, to $D^2$: 1 for a positive and −2[m−D]₊ · 1/(2D) for a negative.
 *
 * @paperSettings
 * Its margin unknown. m = 1 is the default of TensorFlow's implementation, too.
 *
 * @twin src/losses/reference/contrastive.ts
 * @proof notebooks/08-the-other-losses-derived.ipynb#contrastive,contrastive-check
 * @tests tests/losses/losses.test.ts tests/losses/worked-out-values.test.ts tests/losses/pytorch.test.ts
 * tests/losses/loss-catalogue.ts
 */
export function contrastiveLoss(options: ContrastiveLossOptions = {}): BatchLoss {
  requireLossOptions('contrastiveLoss', options, { margin: [FINITE_NUMBER], mean: ['pairs', 'kinds'] });
  const { margin = 1, mean = 'pairs' } = options;
  return (embeddings, labels) =>
    ofSquaredDistances(labelled(embeddings, labels), (squared) => {
      const n = labels.length;
      const pairs = n * n - n;
      const pairsOfOneClass = positivePairs(labels).anchors.length;
      const counts = mean === 'pairs' ? [pairs, pairs] : [pairsOfOneClass, pairs - pairsOfOneClass];
      const [ofPositives, ofNegatives] = counts.map((count) => Math.max(1, count));
      const toNegative = negativeMask(labels).div<tf.Tensor2D>(ofNegatives);
      const toPositive = positiveMask(labels).div<tf.Tensor2D>(ofPositives);

      const { distances, derivative } = rootOfDistances(squared);
      const gaps = tf.scalar(margin).sub<tf.Tensor2D>(distances).relu();
      const pull = squared.mul(toPositive).sum<tf.Scalar>();
      const push = gaps.square().mul(toNegative).sum<tf.Scalar>();
      const slopesOfPush = gaps.mul(-2).mul(derivative).mul<tf.Tensor2D>(toNegative);
      return { value: pull.add(push), slopes: toPositive.add(slopesOfPush) };
    });
}
