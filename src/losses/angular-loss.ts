import * as tf from '@tensorflow/tfjs';
import { tangentSquared } from '../geometry/tangent-squared.js';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positivePairs } from './batch-pairs.js';
import { l2Normalize } from './l2-normalize.js';
import { logOnePlusSumExp } from './log-sum-exp.js';
import { splitNPairBatch } from './n-pair-loss.js';

export type AngularNegatives = 'other-positives' | 'other-classes';

export interface AngularLossOptions {
  /** α in degrees. Default 45; the paper finds 36 to 55 to work on all its data sets. */
  readonly alphaDegrees?: number;
  /**
   * Eq. 8 does not settle which rows are the negatives of an anchor.
   * - `other-positives` (default): an N-pair batch (rows 2i and 2i+1 are the anchor and the positive of class i); the
   *   anchors are the even rows, the negatives the odd rows of the other classes; mean over anchors.
   * - `other-classes`: any batch; every ordered pair of different rows of one class is an (anchor, positive), every
   *   row of another class a negative; mean over those pairs.
   */
  readonly negatives?: AngularNegatives;
  /** `all` puts every embedding on the unit sphere first. Default `none`; what the paper did is unknown. */
  readonly normalize?: 'none' | 'all';
}

/**
 * Angular loss of a batch (Wang et al. 2017, Eq. 8): the mean of log(1 + Σ_n exp f), with
 * f = 4 tan²α (x_a+x_p)ᵀx_n − 2(1 + tan²α) x_aᵀx_p.
 *
 * It is the hinge ‖x_a−x_p‖² − 4 tan²α ‖x_n−x_c‖² without the terms in ‖x‖ alone, summed over negatives inside a
 * log-sum-exp with an appended zero. 0, with zero gradient, for a batch without a positive.
 *
 * The paper's settings: 36° ≤ α ≤ 55° confirmed (quoted by several implementers); its choice of α for each table, of
 * negatives and of normalisation unknown.
 *
 * Gradient of one pair, t = tan²α and w_n the share of n inside the logarithm: Σ w_n (4t x_n − 2(1+t) x_p) to the anchor,
 * Σ w_n (4t x_n − 2(1+t) x_a) to the positive, 4t w_n (x_a+x_p) to each negative. Plain twin: `reference.angular`.
 *
 * @throws KitError `invalid-argument` for α outside (0, 90) degrees, or for a batch that is not an N-pair batch
 *   where `negatives` asks for one
 */
export function angularLoss(options: AngularLossOptions = {}): BatchLoss {
  const { alphaDegrees = 45, negatives = 'other-positives', normalize = 'none' } = options;
  const t = tangentSquared(alphaDegrees);
  return (embeddings, labels) =>
    tf.tidy(() => {
      const points = normalize === 'all' ? l2Normalize(embeddings) : embeddings;
      return negatives === 'other-positives'
        ? overNPairs(points, labels, t)
        : overAllPairs(points, labels, t);
    });
}

function overNPairs(points: tf.Tensor2D, labels: ArrayLike<number>, t: number): tf.Scalar {
  const { anchors, positives, others } = splitNPairBatch(points, labels);
  const toNegatives = tf.matMul(anchors.add<tf.Tensor2D>(positives), positives, false, true);
  const toPositive = anchors.mul(positives).sum<tf.Tensor2D>(1, true);
  return logOnePlusSumExp(toNegatives.mul(4 * t).sub(toPositive.mul(2 * (1 + t))), others).mean();
}

function overAllPairs(points: tf.Tensor2D, labels: ArrayLike<number>, t: number): tf.Scalar {
  const n = labels.length;
  const pairs = positivePairs(labels);
  if (pairs.anchors.length === 0) return points.sum().mul(0);
  const products = tf.matMul(points, points, false, true);
  const [anchors, positives] = [pairs.anchors, pairs.positives].map((rows) => tf.tensor1d(rows, 'int32'));
  const flatPositions = Int32Array.from(pairs.anchors, (anchor, i) => anchor * n + pairs.positives[i]);
  const toPositive = tf
    .gather(products.reshape([n * n]), tf.tensor1d(flatPositions, 'int32'))
    .expandDims<tf.Tensor2D>(1);
  const toNegatives = tf.gather(products, anchors).add<tf.Tensor2D>(tf.gather(products, positives));
  const mask = tf.gather(tf.tensor2d(negativeMask(labels), [n, n]), anchors);
  return logOnePlusSumExp(toNegatives.mul(4 * t).sub(toPositive.mul(2 * (1 + t))), mask).mean();
}
