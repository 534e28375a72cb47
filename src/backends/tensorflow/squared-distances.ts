import * as tf from '@tensorflow/tfjs';
import {
  addDifferences,
  fillSquaredDistances,
  partSlopes,
  SQUARED_DISTANCES,
  SQUARED_DISTANCES_GRADIENT,
} from '../squared-distances.js';

/**
 * Distances on the host, around TensorFlow's matrix products, instead of TensorFlow's operations, which take a pass each. For
 * the processor, where what is read back and put in is a copy in memory.
 */
export function registerDistancesOnHost(): void {
  register(SQUARED_DISTANCES, ({ x, products }, close) => {
    const n = x.shape[0];
    const squared = new Float32Array(n * n);
    const lengths = new Float32Array(n);
    fillSquaredDistances({ x: numbers(x), products: numbers(products), close }, { squared, lengths });
    return [tf.tensor2d(squared, [n, n]), tf.tensor1d(lengths)];
  });
  register(SQUARED_DISTANCES_GRADIENT, ({ x, squared, lengths, slopes }, close) => {
    const [n, d] = x.shape as [number, number];
    const { laplacian, few, byDifference } = partSlopes(
      { slopes: numbers(slopes), squared: numbers(squared), lengths: numbers(lengths), close },
      new Float32Array(n * n),
    );
    const far = few ? null : tf.matMul<tf.Tensor2D>(tf.tensor2d(laplacian, [n, n]), x);
    if (byDifference.length === 0 && far !== null) return far;
    const gradient = far === null ? new Float32Array(n * d) : numbers(far).slice();
    addDifferences(gradient, { x: numbers(x), byDifference, rows: n });
    return tf.tensor2d(gradient, [n, d]);
  });
}

function register(
  kernelName: string,
  compute: (inputs: Record<string, tf.Tensor>, close: number) => tf.Tensor | tf.Tensor[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => compute(inputs as Record<string, tf.Tensor>, (attrs as { close: number }).close)),
  });
}

const numbers = (tensor: tf.Tensor) => tensor.dataSync<'float32'>();
