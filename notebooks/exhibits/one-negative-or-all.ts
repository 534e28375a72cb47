import * as tf from '@tensorflow/tfjs';
import { angularLoss, type BatchLoss } from 'angular-loss-kit';
import type { ThreadLoss } from './thread-losses';

// Exhibits: the two forms between the thread's hinge with one negative and the paper's log-sum-exp over all of them, to tell
// what the form does from what the number of negatives does. α = 45°, tan²α = 1.

/** [‖a−p‖² − 4 ‖n−c‖²]₊ for every anchor of an N-pair batch and every positive of another class; the mean. */
export const hingeOverAllNegatives: BatchLoss = (embeddings, labels) => {
  const pairs = labels.length / 2;
  const [anchors, positives] = tf.unstack(embeddings.reshape([pairs, 2, -1]), 1) as tf.Tensor2D[];
  const centres = anchors.add(positives).div(2).expandDims(1);
  const adjacent = positives.expandDims(0).sub(centres).square().sum(2);
  const opposite = anchors.sub(positives).square().sum(1, true);
  const others = tf.ones([pairs, pairs]).sub(tf.eye(pairs));
  return opposite
    .sub(adjacent.mul(4))
    .relu()
    .mul(others)
    .sum()
    .div(pairs * (pairs - 1));
};

/** log(1 + exp f) with the one negative of each triplet. */
export function smoothWithOneNegative(
  anchors: tf.Tensor2D,
  positives: tf.Tensor2D,
  negatives: tf.Tensor2D,
): ThreadLoss {
  const toNegative = anchors.add(positives).mul(negatives).sum(1);
  const losses = toNegative.sub(anchors.mul(positives).sum(1)).mul(4).softplus() as tf.Tensor1D;
  return { losses, total: losses.mean() };
}

/** log(1 + Σ exp f) over all negatives of the batch: the kit's own, Eq. 8 of the paper. */
export const smoothOverAllNegatives: BatchLoss = angularLoss({ alphaDegrees: 45 });
