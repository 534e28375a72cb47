import * as tf from '@tensorflow/tfjs';
import { tangentSquared } from '../geometry/tangent-squared.js';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, unorderedPositivePairs } from './batch-pairs.js';
import { nothing, ofEmbeddings, type ValueAndGradient } from './closed-form.js';
import { onUnitSphere } from './l2-normalize.js';
import { labelled } from './labelled-batch.js';
import { logOnePlusSumExp } from './log-sum-exp.js';
import { ANYTHING, requireLossOptions } from './loss-options.js';
import { joinNPairBatch, type NPairBatch, splitNPairBatch } from './n-pair-loss.js';
import { sumOfPairs } from './sum-of-pairs.js';

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
 * Angular loss of a batch (Wang et al. 2017, Eq. 8), with $t=\tan^2\alpha$ the mean over (anchor, positive) pairs of
 *
 * $$\log\Bigl(1+\sum_n e^{f_{apn}}\Bigr),\qquad f_{apn}=4t\,(x_a+x_p)^\top x_n-2(1+t)\,x_a^\top x_p.$$
 *
 * It is the hinge ‖x_a−x_p‖² − 4 tan²α ‖x_n−x_c‖² without the terms in ‖x‖ alone, summed over negatives inside a
 * log-sum-exp with an appended zero. 0, with zero gradient, for a batch without a positive.
 *
 * @gradient
 * Of one pair, with $w_n=e^{f_{apn}}/(1+\sum_m e^{f_{apm}})$ the share of $n$ inside the logarithm:
 *
 * $$\frac{\partial}{\partial x_a}=\sum_n w_n\bigl(4t\,x_n-2(1+t)\,x_p\bigr)$$
 *
 * $$\frac{\partial}{\partial x_p}=\sum_n w_n\bigl(4t\,x_n-2(1+t)\,x_a\bigr)$$
 *
 * $$\frac{\partial}{\partial x_n}=4t\,w_n\,(x_a+x_p)$$
 *
 * @paperSettings
 * 36° ≤ α ≤ 55° confirmed (quoted by several implementers); its choice of α for each table, of negatives and of
 * normalisation unknown.
 *
 * @twin src/losses/reference/angular.ts
 * @proof notebooks/07-from-the-hinge-to-the-batch.ipynb#gradient,gradient-proof,code-check
 * @tests tests/losses/losses.test.ts tests/losses/worked-out-values.test.ts tests/losses/invariances.test.ts
 * tests/losses/pytorch.test.ts tests/losses/loss-catalogue.ts
 *
 * @throws KitError `invalid-argument` for α outside (0, 90) degrees, or for a batch that is not an N-pair batch
 *   where `negatives` asks for one
 */
export function angularLoss(options: AngularLossOptions = {}): BatchLoss {
  requireLossOptions('angularLoss', options, {
    alphaDegrees: ANYTHING,
    negatives: ['other-positives', 'other-classes'],
    normalize: ['none', 'all'],
  });
  const angular = angularTerm(options);
  return (embeddings, labels) =>
    ofEmbeddings(labelled(embeddings, labels), (points) =>
      options.normalize === 'all'
        ? onUnitSphere(points, (unit) => angular(unit, labels))
        : angular(points, labels),
    );
}

/** The angular loss of points as they are, with its gradient. @throws KitError as `angularLoss` does */
export function angularTerm(options: Omit<AngularLossOptions, 'normalize'>) {
  const { alphaDegrees = 45, negatives = 'other-positives' } = options;
  const t = tangentSquared(alphaDegrees);
  return (points: tf.Tensor2D, labels: ArrayLike<number>): ValueAndGradient =>
    negatives === 'other-positives'
      ? overNPairs(splitNPairBatch(points, labels), t)
      : overAllPairs(points, labels, t);
}

function overNPairs({ anchors, positives }: NPairBatch, t: number): ValueAndGradient {
  const sums = anchors.add<tf.Tensor2D>(positives);
  const own = anchors.mul(positives).sum<tf.Tensor2D>(1, true);
  const others = tf.ones(own.shape).sub<tf.Tensor2D>(tf.eye(own.shape[0]));
  const f = angularOfProducts(tf.matMul(sums, positives, false, true), own, others, t);

  const toSums = tf.matMul(f.toProducts, positives);
  const toAnchors = toSums.add<tf.Tensor2D>(positives.mul(f.toOwn));
  const toPositives = toSums.add(anchors.mul(f.toOwn)).add<tf.Tensor2D>(tf.matMul(f.toProducts, sums, true));
  return { value: f.value, gradient: joinNPairBatch(toAnchors, toPositives) };
}

/** The order of a pair does not matter to f, so each is taken once. */
function overAllPairs(points: tf.Tensor2D, labels: ArrayLike<number>, t: number): ValueAndGradient {
  const pairs = unorderedPositivePairs(labels);
  if (pairs.anchors.length === 0) return nothing(points);
  const [anchors, positives] = [pairs.anchors, pairs.positives].map((rows) =>
    tf.gather(points, tf.tensor1d(rows, 'int32')),
  );
  const sums = anchors.add<tf.Tensor2D>(positives);
  const own = anchors.mul(positives).sum<tf.Tensor2D>(1, true);
  const f = angularOfProducts(
    tf.matMul(sums, points, false, true),
    own,
    negativeMask(labels, pairs.anchors),
    t,
  );

  const toSums = tf.matMul(f.toProducts, points);
  const toAnchors = toSums.add<tf.Tensor2D>(positives.mul(f.toOwn));
  const toPositives = toSums.add<tf.Tensor2D>(anchors.mul(f.toOwn));
  const toNegatives = tf.matMul(f.toProducts, sums, true);
  return {
    value: f.value,
    gradient: sumOfPairs(pairs, toAnchors, toPositives, labels.length).add(toNegatives),
  };
}

/**
 * The mean over pairs of log(1 + Σ_n exp f) with f = 4t P − 2(1+t) o, and its derivatives: 4t w_n/pairs to each product P,
 * −2(1+t) Σ w_n/pairs to o.
 *
 * @param products (x_a+x_p)ᵀx_n, [pairs, c]
 * @param own o = x_aᵀx_p, [pairs, 1]
 * @param negatives 1 where a product counts, [pairs, c]
 */
function angularOfProducts(products: tf.Tensor2D, own: tf.Tensor2D, negatives: tf.Tensor2D, t: number) {
  const f = products.mul(4 * t).sub<tf.Tensor2D>(own.mul(2 * (1 + t)));
  const { values, shares } = logOnePlusSumExp(f, negatives);
  const weights = shares.div<tf.Tensor2D>(own.shape[0]);
  return {
    value: values.mean<tf.Scalar>(),
    toProducts: weights.mul<tf.Tensor2D>(4 * t),
    toOwn: weights.sum<tf.Tensor2D>(1, true).mul<tf.Tensor2D>(-2 * (1 + t)),
  };
}
