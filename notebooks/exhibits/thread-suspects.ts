import * as tf from '@tensorflow/tfjs';
import { type ThreadLoss, threadAngularLoss, threadTripletLoss } from './thread-losses';

// Exhibits: what lies between the thread's losses and the paper's, one switch at a time. Every loss here takes the anchors and the
// positives of N classes, each [N, d]; the negatives of a pair are the positives of the other classes.

export type PairLoss = (anchors: tf.Tensor2D, positives: tf.Tensor2D) => ThreadLoss;

/** One negative by chance: the positive of the next class of the batch. */
const nextPositives = (positives: tf.Tensor2D) =>
  tf.concat([positives.slice([1]), positives.slice([0], [1])]) as tf.Tensor2D;

/** The thread's triplet loss on squared distances; `hardest` takes the nearest of all negatives for each anchor. */
export function tripletSuspect(options: {
  readonly margin: number;
  readonly negatives?: 'one' | 'hardest';
}): PairLoss {
  const { margin, negatives = 'one' } = options;
  return (anchors, positives) =>
    threadTripletLoss(
      anchors,
      positives,
      negatives === 'one' ? nextPositives(positives) : nearestOthers(anchors, positives),
      true,
      margin,
    );
}

/** The thread's angular loss with its two switches as they may have been called. */
export function threadAngularSuspect(inDegree: boolean, squared: boolean): PairLoss {
  return (anchors, positives) =>
    threadAngularLoss(anchors, positives, nextPositives(positives), inDegree, squared);
}

export interface AngularSuspect {
  readonly alphaDegrees?: number;
  /** Added to the inside. */
  readonly margin?: number;
  /** One by chance, the one with the largest inside, or all of the batch. */
  readonly negatives?: 'one' | 'hardest' | 'all';
  /**
   * - `hinge`: [v]₊ with v = ‖a−p‖² − 4t‖n−c‖²; over `all`, its mean.
   * - `smooth`: log(1 + Σ exp v).
   * - `products`: log(1 + Σ exp f), f = 4t (a+p)ᵀn − 2(1+t) aᵀp: v without the terms in one norm alone; over `all`, Eq. 8.
   *
   * The sum is over the negatives that are taken.
   */
  readonly form?: 'hinge' | 'smooth' | 'products';
}

/** The angular loss with each suspect of notebook 10 as a switch. */
export function angularSuspect(options: AngularSuspect = {}): PairLoss {
  const { alphaDegrees = 45, margin = 0, negatives = 'one', form = 'hinge' } = options;
  const t = Math.tan((alphaDegrees * Math.PI) / 180) ** 2;
  return (anchors, positives) => {
    const n = anchors.shape[0];
    const inside = (form === 'products' ? insideOfProducts : insideOfHinge)(anchors, positives, t).add(
      margin,
    );
    const taken = takenNegatives(inside as tf.Tensor2D, negatives);
    const losses =
      form === 'hinge'
        ? inside
            .relu()
            .mul(taken)
            .sum(1)
            .div(negatives === 'all' ? n - 1 : 1)
        : // Entries that are not taken end far below any other.
          tf.logSumExp(tf.concat([tf.zeros([n, 1]), inside.sub(tf.sub(1, taken).mul(1e9))], 1), 1);
    return { losses: losses as tf.Tensor1D, total: losses.mean() };
  };
}

/** v of each anchor–positive pair (rows) with each class's positive as the negative (columns). */
function insideOfHinge(anchors: tf.Tensor2D, positives: tf.Tensor2D, t: number): tf.Tensor2D {
  const centres = anchors.add<tf.Tensor2D>(positives).div<tf.Tensor2D>(2);
  const adjacent = positives
    .square()
    .sum(1)
    .expandDims(0)
    .add(centres.square().sum(1, true))
    .sub(centres.matMul(positives, false, true).mul(2));
  const opposite = anchors.sub(positives).square().sum<tf.Tensor2D>(1, true);
  return opposite.sub<tf.Tensor2D>(adjacent.mul<tf.Tensor2D>(4 * t));
}

function insideOfProducts(anchors: tf.Tensor2D, positives: tf.Tensor2D, t: number): tf.Tensor2D {
  const toNegatives = anchors.add<tf.Tensor2D>(positives).matMul(positives, false, true);
  const own = anchors.mul(positives).sum<tf.Tensor2D>(1, true);
  return toNegatives.mul<tf.Tensor2D>(4 * t).sub<tf.Tensor2D>(own.mul(2 * (1 + t)));
}

/** N × N, 1 where a negative counts. */
function takenNegatives(inside: tf.Tensor2D, negatives: 'one' | 'hardest' | 'all'): tf.Tensor2D {
  const n = inside.shape[0];
  const others = tf.sub<tf.Tensor2D>(1, tf.eye(n));
  if (negatives === 'all') return others;
  const columns =
    negatives === 'one'
      ? Int32Array.from({ length: n }, (_, i) => (i + 1) % n)
      : (inside.sub(tf.sub(1, others).mul(1e9)).argMax(1).dataSync() as Int32Array);
  return tf.oneHot(tf.tensor1d(columns, 'int32'), n).toFloat() as tf.Tensor2D;
}

function nearestOthers(anchors: tf.Tensor2D, positives: tf.Tensor2D): tf.Tensor2D {
  const n = anchors.shape[0];
  const nearness = anchors.matMul<tf.Tensor2D>(positives, false, true).mul(2).sub(positives.square().sum(1));
  const nearest = nearness.sub(tf.eye(n).mul(1e9)).argMax(1).dataSync() as Int32Array;
  return tf.gather(positives, tf.tensor1d(nearest, 'int32'));
}
