import * as tf from '@tensorflow/tfjs';
import { callWasmKernel, type WasmKernel } from './wasm-backend.js';

export const SQUARED_DISTANCES = 'KitSquaredDistances';
export const SQUARED_DISTANCES_GRADIENT = 'KitSquaredDistancesGradient';

/** A pair costs so many times more by its difference than inside a matrix product. */
const DIFFERENCE_OVER_PRODUCT = 16;

/**
 * Squared distances [n, n] of the rows of x [n, d], and the squared lengths [n], from the products x xᵀ; where a distance
 * is below the share `close` of both squared lengths, from the difference of the rows.
 */
export const squaredDistancesKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const [n, d] = inputs.x.shape;
  const close = attrs.close as number;
  const outputs = [backend.makeOutput([n, n], 'float32'), backend.makeOutput([n], 'float32')];
  const [squared, lengths] = outputs.map((info) => backend.typedArrayFromHeap(info));
  const [x, products] = [inputs.x, inputs.products].map((info) => backend.typedArrayFromHeap(info));
  for (let i = 0; i < n; i++) {
    lengths[i] = products[i * n + i];
    squared[i * n + i] = 0;
    for (let j = 0; j < i; j++) {
      const both = lengths[i] + lengths[j];
      let distance = both - 2 * products[i * n + j];
      if (!(distance >= close * both)) {
        distance = 0;
        for (let k = 0, a = i * d, b = j * d; k < d; k++, a++, b++) distance += (x[a] - x[b]) ** 2;
      }
      squared[i * n + j] = distance;
      squared[j * n + i] = distance;
    }
  }
  return outputs;
};

/**
 * Σ_j 2 (s_ij + s_ji) (x_i − x_j) for each row, [n, d]: the gradient to x of a function of squared distances whose derivatives
 * to them are s. By a matrix product, but for close pairs, and where few pairs count for all, by differences.
 */
export const squaredDistancesGradientKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const [n, d] = inputs.x.shape;
  const close = attrs.close as number;
  const laplacianInfo = backend.makeOutput([n, n], 'float32');
  const laplacian = backend.typedArrayFromHeap(laplacianInfo);
  const [slopes, squared, lengths] = [inputs.slopes, inputs.squared, inputs.lengths].map((info) =>
    backend.typedArrayFromHeap(info),
  );
  let counted = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) if (slopes[i * n + j] + slopes[j * n + i] !== 0) counted++;
  }
  const few = counted * DIFFERENCE_OVER_PRODUCT < (n * n) / 2;
  const byDifference: number[] = [];
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let slope = 2 * (slopes[i * n + j] + slopes[j * n + i]);
      if (slope !== 0 && (few || squared[i * n + j] < close * (lengths[i] + lengths[j]))) {
        byDifference.push(i, j, slope);
        slope = 0;
      }
      laplacian[i * n + j] = -slope;
      laplacian[j * n + i] = -slope;
      sums[i] += slope;
      sums[j] += slope;
    }
  }
  for (let i = 0; i < n; i++) laplacian[i * n + i] = sums[i];
  const gradientInfo = few
    ? backend.makeOutput([n, d], 'float32')
    : callWasmKernel(tf.BatchMatMul, { a: laplacianInfo, b: inputs.x }, backend, {
        transposeA: false,
        transposeB: false,
      });
  backend.disposeData(laplacianInfo.dataId);
  const gradient = backend.typedArrayFromHeap(gradientInfo);
  const x = backend.typedArrayFromHeap(inputs.x);
  if (few) gradient.fill(0);
  for (let at = 0; at < byDifference.length; at += 3) {
    const slope = byDifference[at + 2];
    for (let k = 0, a = byDifference[at] * d, b = byDifference[at + 1] * d; k < d; k++, a++, b++) {
      const part = slope * (x[a] - x[b]);
      gradient[a] += part;
      gradient[b] -= part;
    }
  }
  return gradientInfo;
};
