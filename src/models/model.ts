import type * as tf from '@tensorflow/tfjs';

/** A trainable tensor; the optimizer multiplies its learning rate for it by `learningRateFactor`. */
export interface Parameter {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly learningRateFactor: number;
}

/** A dropout that a training step draws anew. */
export interface DropoutMask {
  /** Names its stream of randomness. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Share of the values that become zero, 0 to 1. */
  readonly share: number;
}

/** Anything that turns a batch of inputs into embeddings. */
export interface Model {
  readonly parameters: readonly Parameter[];
  /** Running statistics that are not trained but belong to a checkpoint (batch normalisation). */
  readonly statistics: readonly tf.Variable[];
  /** What is taken from features and multiplied into them before the head, where that is not trained. */
  readonly centring?: { readonly mean: Float32Array; readonly scale: number };
  /** What a training step of n rows draws; absent where there is no dropout. */
  masks?(n: number): readonly DropoutMask[];
  /**
   * @param inputs a batch, first axis n
   * @param training null to infer; else batch statistics are on, and these are the values of `masks(n)`
   * @returns [n, d]
   */
  embed(inputs: tf.Tensor, training: readonly tf.Tensor[] | null): tf.Tensor2D;
  dispose(): void;
}
