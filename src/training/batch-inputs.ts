import type * as tf from '@tensorflow/tfjs';
import type { SeededRandom } from '../seeded-random.js';

/** How the items of a data set become the inputs of a network: read on the host, uploaded, made into numbers there. */
export interface BatchInputs {
  /** Of one input as the network takes it: [size, size, 3], [features] or [height, width, channels]. */
  readonly shape: readonly number[];
  /** Type of what is uploaded: float32, or int32 that holds four bytes each. */
  readonly dtype: 'float32' | 'int32';
  /** Shape of what is uploaded for n items. */
  uploadShape(n: number): readonly number[];
  /** @param random null leaves the items as they are; else they are augmented */
  read(
    items: ArrayLike<number>,
    random: SeededRandom | null,
  ): Float32Array | Int32Array | Promise<Float32Array | Int32Array>;
  /** [n, ...shape] of what was uploaded. */
  toNetwork(uploaded: tf.Tensor, n: number): tf.Tensor;
}

/** Inputs that are uploaded as the network takes them. */
export function floatInputs(
  shape: readonly number[],
  read: (items: ArrayLike<number>, random: SeededRandom | null) => Float32Array,
): BatchInputs {
  return {
    shape,
    dtype: 'float32',
    uploadShape: (n) => [n, ...shape],
    read,
    toNetwork: (uploaded) => uploaded,
  };
}
