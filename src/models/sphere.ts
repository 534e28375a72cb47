import * as tf from '@tensorflow/tfjs';

/**
 * Puts embeddings on a sphere: x · radius / ‖x‖. The radius is the scale of the logits of a loss on dot
 * products (N-pair, angular): on the unit sphere they span only [−1, 1] and the softmax stays flat.
 *
 * @param embeddings [n, d]; a zero row stays zero
 */
export function onSphere(embeddings: tf.Tensor2D, radius: number): tf.Tensor2D {
  return tf.tidy(() => {
    const squaredNorms = embeddings.square().sum<tf.Tensor2D>(1, true);
    return embeddings.mul(squaredNorms.add(1e-12).rsqrt().mul(radius));
  });
}
