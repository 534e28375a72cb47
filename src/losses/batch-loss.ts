import type * as tf from '@tensorflow/tfjs';

/** A loss of a batch of embeddings [n, d] and their n integer labels. */
export interface BatchLoss {
  (embeddings: tf.Tensor2D, labels: ArrayLike<number>): tf.Scalar;
  /** What the loss itself trains (proxies); absent for most losses. */
  readonly variables?: readonly tf.Variable[];
}
