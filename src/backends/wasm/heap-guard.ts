import * as tf from '@tensorflow/tfjs';
import { KitError } from '../../kit-error.js';
import type { WasmBackend } from './kernels/wasm-backend.js';

/**
 * Makes the wasm backend refuse what its 4 GiB heap can't hold. As shipped, an allocation that fails is
 * taken for address 0, and values are overwritten without a word.
 */
export function guardHeap(): void {
  const backend = tf.backend() as unknown as WasmBackend;
  const move = backend.move.bind(backend);
  backend.move = (dataId, values, shape, dtype, refCount) => {
    const bytes = tf.util.sizeFromShape(shape) * (dtype === 'bool' ? 1 : 4);
    const pointer = dtype === 'string' ? 1 : backend.wasm._malloc(Math.max(1, bytes)) >>> 0;
    if (pointer === 0) {
      throw new KitError(
        'out-of-memory',
        `A tensor of shape [${shape}] (${(bytes / 2 ** 20).toFixed(0)} MiB) no longer fits into the 4 GiB that WebAssembly can address. Use a smaller batch, or a native backend.`,
      );
    }
    if (dtype !== 'string') backend.wasm._free(pointer);
    move(dataId, values, shape, dtype, refCount);
  };
}
