import * as tf from '@tensorflow/tfjs';

/** What a masked entry becomes: exp of it is 0 in float32, and it stays finite in every sum. */
const MASKED = -1e30;

/**
 * log(1 + Σ exp f) over the entries of each row where `mask` is 1: the shape of N-pair and of Eq. 8 of the
 * angular loss. The 1 is an appended zero inside the log-sum-exp, so that nothing overflows at any f.
 *
 * @param f [r, c] @param mask [r, c] of 0 and 1
 * @returns [r]; 0 for a row without entries
 */
export function logOnePlusSumExp(f: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const masked = f.mul(mask).add<tf.Tensor2D>(mask.sub(1).mul(-MASKED));
    const largest = tf.tensor2d(masked.max(1).relu().dataSync(), [f.shape[0], 1]);
    const sum = masked.sub(largest).exp().sum(1, true).add(largest.neg().exp());
    return sum.log().add(largest).reshape<tf.Tensor1D>([f.shape[0]]);
  });
}

/** log Σ exp f over the entries of each row where `mask` is 1; about −1e30 for a row without entries. */
export function maskedLogSumExp(f: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const masked = f.mul(mask).add<tf.Tensor2D>(mask.sub(1).mul(-MASKED));
    const largest = tf.tensor2d(masked.max(1).dataSync(), [f.shape[0], 1]);
    return masked.sub(largest).exp().sum(1, true).log().add(largest).reshape<tf.Tensor1D>([f.shape[0]]);
  });
}
