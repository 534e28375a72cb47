import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { patchProduct } from './patch-product.js';
import { patchSums } from './patch-sums.js';
import { rowsAsWindows } from './windows.js';

/** Below it the shipped kernel is as fast. */
const FEWEST_MULTIPLICATIONS = 32 * 32 * 32;

/** A product of two matrices by the kernels of convolutions; others, and batches of them, by the shipped kernel. */
export const matMulKernel =
  (shipped: tf.KernelFunc) =>
  ({
    inputs,
    backend,
    attrs,
  }: {
    readonly inputs: { readonly a: tf.TensorInfo; readonly b: tf.TensorInfo };
    readonly backend: WebGPUBackend;
    readonly attrs: { readonly transposeA: boolean; readonly transposeB: boolean };
  }): tf.TensorInfo => {
    const { a, b } = inputs;
    const { transposeA, transposeB } = attrs;
    const [rows, inner] = transposeA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)];
    const columns = b.shape.at(transposeB ? -2 : -1);
    const [m, k, n] = [rows, inner, columns] as [number, number, number];
    const isOne = (info: tf.TensorInfo) => info.shape.slice(0, -2).every((size) => size === 1);
    const fits =
      isOne(a) &&
      isOne(b) &&
      a.dtype === 'float32' &&
      b.dtype === 'float32' &&
      n % 4 === 0 &&
      (transposeA ? m % 4 === 0 && !transposeB : k % 4 === 0) &&
      m * k * n >= FEWEST_MULTIPLICATIONS;
    if (!fits) return shipped({ inputs: { a, b }, backend, attrs: attrs as never }) as tf.TensorInfo;
    const shape = [...(a.shape.length > b.shape.length ? a : b).shape.slice(0, -2), m, n];
    if (transposeA) {
      const { sums } = patchSums(backend, {
        image: a,
        windows: rowsAsWindows(k, m),
        weights: b,
        columns: n,
        withTotals: false,
        name: 'KitMatMul',
      });
      return { ...sums, shape };
    }
    const product = patchProduct(backend, {
      image: a,
      windows: rowsAsWindows(m, k),
      filter: b,
      order: transposeB ? 'turned' : 'plain',
      columns: n,
      relu: false,
      name: 'KitMatMul',
    });
    return { ...product, shape };
  };
