import * as tf from '@tensorflow/tfjs';
import { callWasmKernel, type WasmKernel } from './wasm-backend.js';

/**
 * Matrix product whose transposed arguments are transposed first: the shipped kernel leaves its fast
 * path for a plain loop as soon as one argument is marked as transposed.
 */
export function matMulKernel(shipped: tf.KernelFunc): WasmKernel {
  return ({ inputs, backend, attrs }) => {
    const swapped: tf.TensorInfo[] = [];
    const plain = (info: tf.TensorInfo, transposed: unknown): tf.TensorInfo => {
      if (!transposed) return info;
      const rank = info.shape.length;
      const perm = [...info.shape.keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
      const result = callWasmKernel(tf.Transpose, { x: info }, backend, { perm });
      swapped.push(result);
      return result;
    };
    const a = plain(inputs.a, attrs.transposeA);
    const b = plain(inputs.b, attrs.transposeB);
    const product = shipped({
      inputs: { a, b },
      backend,
      attrs: { transposeA: false, transposeB: false },
    }) as tf.TensorInfo;
    for (const info of swapped) backend.disposeData(info.dataId);
    return product;
  };
}
