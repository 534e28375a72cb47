import * as tf from '@tensorflow/tfjs';
import type { WasmBackend } from './wasm/kernels/wasm-backend.js';

/**
 * The numbers of a float32 tensor to read, without a copy where the backend keeps them in host memory (wasm, cpu).
 * On wasm the view is void after the next allocation of a tensor.
 */
export function hostView(tensor: tf.Tensor): Float32Array {
  return tf.getBackend() === 'wasm'
    ? (tf.backend() as unknown as WasmBackend).typedArrayFromHeap(tensor)
    : tensor.dataSync<'float32'>();
}
