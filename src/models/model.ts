import type * as tf from '@tensorflow/tfjs';
import type { SeededRandom } from '../seeded-random.js';

/** A trainable tensor; the optimizer multiplies its learning rate for it by `learningRateFactor`. */
export interface Parameter {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly learningRateFactor: number;
}

/** Anything that turns a batch of inputs into embeddings. */
export interface Model {
  readonly parameters: readonly Parameter[];
  /** Running statistics that are not trained but belong to a checkpoint (batch normalisation). */
  readonly statistics: readonly Float32Array[];
  /**
   * @param inputs a batch, first axis n
   * @param training null to infer; else batch statistics and dropout are on, `training` being the randomness of this step
   * @returns [n, d]
   */
  embed(inputs: tf.Tensor, training: SeededRandom | null): tf.Tensor2D;
  dispose(): void;
}
