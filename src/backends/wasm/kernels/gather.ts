import type * as tf from '@tensorflow/tfjs';
import type { WasmKernel } from './wasm-backend.js';

/** Rows of a matrix by their indices; the shipped kernel, for all else, computes a position for every number. */
export function gatherKernel(shipped: tf.KernelFunc): WasmKernel {
  return (args) => {
    const { x, indices } = args.inputs;
    const { axis, batchDims } = args.attrs;
    if (axis !== 0 || batchDims !== 0 || x.shape.length !== 2 || x.dtype === 'string') {
      return shipped(args as unknown as Parameters<tf.KernelFunc>[0]);
    }
    const [rows, columns] = x.shape;
    const gathered = args.backend.makeOutput([...indices.shape, columns], x.dtype);
    const [from, chosen, to] = [x, indices, gathered].map((info) => args.backend.typedArrayFromHeap(info));
    for (let i = 0; i < chosen.length; i++) {
      const row = chosen[i];
      if (row < 0 || row >= rows) throw new RangeError(`Row ${row} of ${rows} is asked for.`);
      to.set(from.subarray(row * columns, (row + 1) * columns), i * columns);
    }
    return gathered;
  };
}
