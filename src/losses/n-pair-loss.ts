import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { nPairClasses } from './batch-pairs.js';
import { ofEmbeddings, type ValueAndGradient } from './closed-form.js';
import { labelled } from './labelled-batch.js';
import { logOnePlusSumExp } from './log-sum-exp.js';
import { FINITE_NUMBER, requireLossOptions } from './loss-options.js';

export interface NPairLossOptions {
  /** Weight of the mean squared length of all embeddings. Default 0. */
  readonly l2?: number;
}

/**
 * N-pair loss (Sohn 2016, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective"):
 *
 * $$\begin{aligned}l&=\frac1N\sum_i\log\Bigl(1+\sum_{j\ne i}e^{a_i^\top p_j-a_i^\top p_i}\Bigr)\\
 * &=-\frac1N\sum_i\log\frac{e^{a_i^\top p_i}}{\sum_je^{a_i^\top p_j}}\end{aligned}$$
 *
 * the softmax cross-entropy of each anchor's products with all positives against its own, plus `l2` times the mean
 * squared length.
 *
 * The products are the logits: on the unit sphere they span only [−1, 1] and the loss hardly moves; leave the
 * embeddings free or put them on a larger sphere.
 *
 * Takes an N-pair batch: rows 2i and 2i+1 are the anchor and the positive of class i.
 *
 * @gradient
 * With $w_{ij}$ the share of $j$ inside the logarithm of anchor $i$:
 *
 * $$\frac{\partial l}{\partial a_i}=\frac1N\sum_{j\ne i}w_{ij}(p_j-p_i)$$
 *
 * $$\frac{\partial l}{\partial p_i}=\frac1N\Bigl(\sum_{j\ne i}w_{ji}\,a_j-\sum_{j\ne i}w_{ij}\,a_i\Bigr)$$
 *
 * The penalty adds $2\,\ell_2\,x/n$ to each of the $n$ rows.
 *
 * @paperSettings
 * Free embeddings, kept short by the penalty; its weight unknown. TensorFlow's implementation takes 0.002.
 *
 * @twin src/losses/reference/n-pair.ts
 * @proof notebooks/08-the-other-losses-derived.ipynb#n-pair,n-pair-check
 * @tests tests/losses/losses.test.ts tests/losses/worked-out-values.test.ts tests/losses/pytorch.test.ts
 * tests/losses/loss-catalogue.ts
 *
 * @throws KitError `invalid-argument` for another batch
 */
export function nPairLoss(options: NPairLossOptions = {}): BatchLoss {
  requireLossOptions('nPairLoss', options, { l2: [FINITE_NUMBER] });
  const { l2 = 0 } = options;
  return (embeddings, labels) =>
    ofEmbeddings(labelled(embeddings, labels), (points) =>
      withPenalty(nPairTerm(points, labels), points, l2),
    );
}

/** The N-pair loss without a penalty, with its gradient. @throws KitError as `nPairLoss` does */
export function nPairTerm(points: tf.Tensor2D, labels: ArrayLike<number>): ValueAndGradient {
  const { anchors, positives } = splitNPairBatch(points, labels);
  const { value, toProducts } = nPairOfProducts(tf.matMul(anchors, positives, false, true));
  const toAnchors: tf.Tensor2D = tf.matMul(toProducts, positives);
  const toPositives: tf.Tensor2D = tf.matMul(toProducts, anchors, true, false);
  return { value, gradient: joinNPairBatch(toAnchors, toPositives) };
}

/**
 * The N-pair loss of the products a_iᵀp_j, and its derivative to them: w_ij/N to a_iᵀp_j and −Σ_j w_ij/N to a_iᵀp_i.
 *
 * @param products [N, N]
 */
function nPairOfProducts(products: tf.Tensor2D): { value: tf.Scalar; toProducts: tf.Tensor2D } {
  const classes = products.shape[0];
  const same = tf.eye(classes);
  const others = tf.ones([classes, classes]).sub<tf.Tensor2D>(same);
  const own = products.mul(same).sum<tf.Tensor2D>(1, true);
  const { values, shares } = logOnePlusSumExp(products.sub(own), others);
  const toOwn = shares.sum(1, true).neg();
  return {
    value: values.mean<tf.Scalar>(),
    toProducts: shares.add(same.mul(toOwn)).div<tf.Tensor2D>(classes),
  };
}

/** With `l2` times the mean squared length of all rows, whose gradient is 2 l2 x/n. */
export function withPenalty(loss: ValueAndGradient, points: tf.Tensor2D, l2: number): ValueAndGradient {
  if (l2 === 0) return loss;
  return {
    value: loss.value.add(points.square().sum(1).mean().mul(l2)),
    gradient: loss.gradient.add(points.mul((2 * l2) / points.shape[0])),
  };
}

/** Row i of each is of class i. */
export interface NPairBatch {
  readonly anchors: tf.Tensor2D;
  readonly positives: tf.Tensor2D;
}

/**
 * Anchors [N, d], the even rows, and positives [N, d], the odd ones.
 *
 * @throws KitError `invalid-argument` for a batch that is not an N-pair batch
 */
export function splitNPairBatch(points: tf.Tensor2D, labels: ArrayLike<number>): NPairBatch {
  const classes = nPairClasses(labels);
  const dimension = points.shape[1];
  const pairs = points.reshape<tf.Tensor2D>([classes, 2 * dimension]);
  return {
    anchors: tf.slice2d(pairs, [0, 0], [classes, dimension]),
    positives: tf.slice2d(pairs, [0, dimension], [classes, dimension]),
  };
}

/** [2N, d] of what belongs to the anchors and what to the positives. */
export function joinNPairBatch(toAnchors: tf.Tensor2D, toPositives: tf.Tensor2D): tf.Tensor2D {
  const [classes, dimension] = toAnchors.shape;
  return tf.concat2d([toAnchors, toPositives], 1).reshape([2 * classes, dimension]);
}
