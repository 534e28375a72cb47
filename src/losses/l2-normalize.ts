import * as tf from '@tensorflow/tfjs';

/** Rows divided by their length; a row shorter than 1e-12 is divided by 1e-12 instead, so zero stays zero. */
export function l2Normalize(embeddings: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const squaredLengths = embeddings.square().sum<tf.Tensor2D>(1, true);
    return embeddings.mul(squaredLengths.maximum(1e-24).rsqrt());
  });
}
