import type * as tf from '@tensorflow/tfjs';

/**
 * A loss of a batch of embeddings [n, d] and their n integer labels. In training the labels of a loss without variables say
 * which rows are of one class and no more: each is the first row of its class.
 */
export interface BatchLoss {
  (embeddings: tf.Tensor2D, labels: ArrayLike<number>): tf.Scalar;
  /** What the loss itself trains (proxies); absent for most losses. */
  readonly variables?: readonly tf.Variable[];
}
