import * as tf from '@tensorflow/tfjs';

/** [n, depth] with a one at the column that each of n numbers names; no one for −1. `tf.oneHot` refuses a depth of 1. */
export function oneHot(columns: tf.Tensor, depth: number): tf.Tensor2D {
  const ones = tf.oneHot(columns as tf.Tensor1D, Math.max(depth, 2)).toFloat() as tf.Tensor2D;
  return depth === 1 ? ones.slice([0, 0], [-1, 1]) : ones;
}
