import type * as tf from '@tensorflow/tfjs';
import type { ValueAndGradient } from './closed-form.js';

/** Rows shorter than this are divided by it, so that zero stays zero. */
const SHORTEST = 1e-12;

/** Rows at unit length, and the way back of a gradient to them. */
export interface UnitLength {
  /** u = x/‖x‖. */
  readonly unit: tf.Tensor2D;
  /** ∂u/∂x = (I − uuᵀ)/‖x‖, so g becomes (g − (uᵀg) u)/‖x‖; where x was too short, g/1e-12. */
  toEmbeddings(gradient: tf.Tensor2D): tf.Tensor2D;
}

/** Rows divided by their length; a row shorter than 1e-12 is divided by 1e-12 instead, so zero stays zero. */
export function l2Normalize(embeddings: tf.Tensor2D): UnitLength {
  const squaredLengths = embeddings.square().sum<tf.Tensor2D>(1, true);
  const inverse = squaredLengths.maximum(SHORTEST ** 2).rsqrt();
  const unit = embeddings.mul<tf.Tensor2D>(inverse);
  const divided = squaredLengths.sub(SHORTEST ** 2).step();
  return {
    unit,
    toEmbeddings: (gradient) => {
      const along = unit.mul(gradient).sum<tf.Tensor2D>(1, true).mul(divided);
      return gradient.sub(unit.mul(along)).mul<tf.Tensor2D>(inverse);
    },
  };
}

/** A loss of the rows at unit length as a loss of the rows as they came. */
export function onUnitSphere(
  embeddings: tf.Tensor2D,
  evaluate: (unit: tf.Tensor2D) => ValueAndGradient,
): ValueAndGradient {
  const { unit, toEmbeddings } = l2Normalize(embeddings);
  const { value, gradient } = evaluate(unit);
  return { value, gradient: toEmbeddings(gradient) };
}
