import type * as tf from '@tensorflow/tfjs';

/** What a masked entry becomes: exp of it is 0 in float32, and it stays finite in every sum. */
const MASKED = -1e30;

/** A logarithm of a sum for each row, and its derivative. */
export interface LogSumExp {
  /** [r, 1]. */
  readonly values: tf.Tensor2D;
  /** ∂value/∂f, [r, c]: the share of each exp f in its row's sum, 0 where masked. */
  readonly shares: tf.Tensor2D;
}

/**
 * log(1 + Σ exp f) over the entries of each row where `mask` is 1: the shape of N-pair and of Eq. 8 of the
 * angular loss. The 1 is an appended zero inside the log-sum-exp, so that nothing overflows at any f.
 *
 * @param f [r, c] @param mask [r, c] of 0 and 1
 * @returns value 0 and shares 0 for a row without entries
 */
export function logOnePlusSumExp(f: tf.Tensor2D, mask: tf.Tensor2D): LogSumExp {
  const masked = maskedTo(f, mask);
  const largest = masked.max<tf.Tensor2D>(1, true).relu();
  const exponentials = masked.sub(largest).exp();
  const sum = exponentials.sum<tf.Tensor2D>(1, true).add<tf.Tensor2D>(largest.neg().exp());
  return { values: sum.log().add(largest), shares: exponentials.div(sum) };
}

/** log Σ exp f over the entries of each row where `mask` is 1; about −1e30, and shares 0, for a row without entries. */
export function maskedLogSumExp(f: tf.Tensor2D, mask: tf.Tensor2D): LogSumExp {
  const masked = maskedTo(f, mask);
  const largest = masked.max<tf.Tensor2D>(1, true);
  const exponentials = masked.sub(largest).exp().mul<tf.Tensor2D>(mask);
  // At least 1, the largest entry's own, where the row has any.
  const sum = exponentials.sum<tf.Tensor2D>(1, true).maximum(0.5);
  return { values: sum.log().add(largest), shares: exponentials.div(sum) };
}

function maskedTo(f: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return f.mul(mask).add<tf.Tensor2D>(mask.sub(1).mul(-MASKED));
}
