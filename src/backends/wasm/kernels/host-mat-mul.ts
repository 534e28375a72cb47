import type * as tf from '@tensorflow/tfjs';
import type { HostProduct } from '../../onnxruntime/host-product.js';
import type { WasmKernel } from './wasm-backend.js';

/** Multiplications below which handing the product over costs more than it saves. */
const WORTH_IT = 2 ** 15;

/** Matrix product by onnxruntime, in place in the heap; small and batched ones are `fallback`'s. */
export function hostMatMulKernel(multiply: HostProduct, fallback: WasmKernel): WasmKernel {
  return (args) => {
    const { inputs, backend, attrs } = args;
    const { a, b } = inputs;
    const [left, right] = [matrixOf(a, attrs.transposeA), matrixOf(b, attrs.transposeB)];
    const batched = a.shape.length > 2 || b.shape.length > 2;
    const [rows, inner] = left.transposed ? [left.columns, left.rows] : [left.rows, left.columns];
    const columns = right.transposed ? right.rows : right.columns;
    if (batched || rows * inner * columns < WORTH_IT) return fallback(args);
    const product = backend.makeOutput([rows, columns], 'float32');
    multiply(
      { ...left, values: backend.typedArrayFromHeap(a) },
      { ...right, values: backend.typedArrayFromHeap(b) },
      backend.typedArrayFromHeap(product),
    );
    return product;
  };
}

function matrixOf({ shape }: tf.TensorInfo, transposed: unknown) {
  const [rows, columns] = shape.slice(-2);
  return { rows, columns, transposed: Boolean(transposed) };
}
