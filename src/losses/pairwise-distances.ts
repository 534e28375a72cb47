import * as tf from '@tensorflow/tfjs';

/**
 * Squared Euclidean distances between all rows: [n, d] → [n, n], zero on the diagonal, never negative.
 *
 * ‖x‖² + ‖y‖² − 2xᵀy loses digits when points lie far from the origin and close together, so the batch
 * is centred first; distances and gradients do not feel it.
 */
export function pairwiseSquaredDistances(embeddings: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const n = embeddings.shape[0];
    const centred = embeddings.sub<tf.Tensor2D>(tf.tensor(embeddings.mean(0).dataSync()));
    const products = tf.matMul(centred, centred, false, true);
    const norms = centred.square().sum<tf.Tensor2D>(1, true);
    const offDiagonal = tf.ones([n, n]).sub<tf.Tensor2D>(tf.eye(n));
    return norms.add(norms.transpose()).sub(products.mul(2)).relu().mul(offDiagonal);
  });
}

/**
 * Euclidean distances from squared ones. Where a distance is zero its gradient is set to zero too: the
 * root has none there, and rounding would otherwise be blown up into a random direction.
 */
export function rootOfDistances(squared: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const values = squared.dataSync<'float32'>();
    const largest = values.reduce((max, value) => Math.max(max, value), 0);
    const apart = tf.tensor2d(
      Float32Array.from(values, (value) => (value > largest * 1e-12 ? 1 : 0)),
      squared.shape,
    );
    return squared.mul(apart).add(tf.onesLike(apart).sub(apart)).sqrt().mul(apart);
  });
}
