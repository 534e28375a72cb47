import * as tf from '@tensorflow/tfjs';
import { NORMALIZED_POOLING, NORMALIZED_POOLING_GRADIENT } from './wasm/kernels/normalized-pooling.js';

export interface NormalizedPooling {
  /** [n, ⌊h/2⌋, ⌊w/2⌋, c]. */
  readonly y: tf.Tensor4D;
  /** Of the batch, [c]. */
  readonly mean: tf.Tensor1D;
  /** Of the batch, biased, [c]. */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalisation with the statistics of the batch (Ioffe & Szegedy 2015), 2×2 max pooling and ReLU,
 * differentiable in x, scale and offset. One kernel each way on wasm, ordinary operations elsewhere.
 *
 * @param x [n, h, w, c]
 * @param scale [c]
 * @param offset [c]
 */
export function normalizedPooling(
  x: tf.Tensor4D,
  scale: tf.Tensor,
  offset: tf.Tensor,
  epsilon: number,
): NormalizedPooling {
  return tf.getBackend() === 'wasm'
    ? byKernels(x, scale, offset, epsilon)
    : byOperations(x, scale, offset, epsilon);
}

function byKernels(x: tf.Tensor4D, scale: tf.Tensor, offset: tf.Tensor, epsilon: number): NormalizedPooling {
  // What a differentiable function returns beside its value would be disposed with its tensors.
  let statistics: readonly Float32Array[] = [];
  const pool = tf.customGrad((...args) => {
    const [input, gamma, beta, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const inputs = { x: input, scale: gamma, offset: beta };
    const [value, mean, variance, positions] = kernel(NORMALIZED_POOLING, inputs, epsilon);
    statistics = [mean, variance].map((tensor) => tensor.dataSync<'float32'>());
    save([input, gamma, mean, variance, positions]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, scale, mean, variance, positions] = saved;
        return kernel(NORMALIZED_POOLING_GRADIENT, { dy, x, scale, mean, variance, positions }, epsilon);
      },
    };
  });
  const y = pool(x, scale, offset) as tf.Tensor4D;
  return { y, mean: tf.tensor1d(statistics[0]), variance: tf.tensor1d(statistics[1]) };
}

function kernel(name: string, inputs: tf.NamedTensorMap, epsilon: number): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, { epsilon }) as unknown as tf.Tensor[];
}

function byOperations(
  x: tf.Tensor4D,
  scale: tf.Tensor,
  offset: tf.Tensor,
  epsilon: number,
): NormalizedPooling {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const normalized = x.sub(mean).mul(variance.add(epsilon).rsqrt().mul(scale)).add<tf.Tensor4D>(offset);
  return {
    y: tf.relu(tf.maxPool(normalized, 2, 2, 'valid')),
    mean: mean as tf.Tensor1D,
    variance: variance as tf.Tensor1D,
  };
}
