import * as tf from '@tensorflow/tfjs';
import { KitError } from '../../kit-error.js';
import type { WasmBackend } from './kernels/wasm-backend.js';

/**
 * Tensors end below this address. What lies above is left to what the shipped kernels allocate inside, which hang or give
 * what lies in the heap where that fails.
 */
const TENSORS_END = 2 ** 32 - 2 ** 28;

/** So many free places that seem to fit are passed over. */
const MOST_PASSED = 64;

/**
 * Makes the wasm backend refuse what its 4 GiB heap can't hold, and give back what a kernel had allocated until then. As
 * shipped, an allocation that fails is taken for address 0, and values are overwritten without a word.
 */
export function guardHeap(): void {
  const backend = tf.backend() as unknown as WasmBackend;
  allocateWithinHeap(backend.wasm);
  refuseWhatDoesNotFit(backend);
  undoFailedKernels(backend);
}

/**
 * The shipped allocator adds address and size in 32 bits: a free place near the end then seems to hold any size. Such places
 * are passed over until one fits.
 */
function allocateWithinHeap(wasm: WasmBackend['wasm']): void {
  // As shipped, its first call puts another in its place.
  wasm._free(wasm._malloc(1));
  const { _malloc: allocate } = wasm;
  wasm._malloc = (bytes) => {
    const passed: number[] = [];
    let pointer = bytes > TENSORS_END ? 0 : allocate(bytes) >>> 0;
    while (pointer !== 0 && pointer + bytes > TENSORS_END) {
      passed.push(pointer);
      pointer = passed.length < MOST_PASSED ? allocate(bytes) >>> 0 : 0;
    }
    for (const place of passed) wasm._free(place);
    if (pointer === 0) throw outOfMemory('What comes next', bytes);
    return pointer;
  };
}

function refuseWhatDoesNotFit(backend: WasmBackend): void {
  const move = backend.move.bind(backend);
  backend.move = (dataId, values, shape, dtype, refCount) => {
    try {
      move(dataId, values, shape, dtype, refCount);
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      throw outOfMemory(
        `A tensor of shape [${shape}]`,
        tf.util.sizeFromShape(shape) * (dtype === 'bool' ? 1 : 4),
      );
    }
  };
}

function outOfMemory(what: string, bytes: number): KitError {
  return new KitError(
    'out-of-memory',
    `${what} (${(bytes / 2 ** 20).toFixed(0)} MiB) no longer fits into the 4 GiB that WebAssembly can address. Use a smaller batch, or a native backend.`,
  );
}

/** A kernel that fails in the middle leaves its intermediate results to nobody: they are given back, and data shared is not. */
function undoFailedKernels(backend: WasmBackend): void {
  let made: object[] | undefined;
  let shared: object[] = [];
  const { move, incRef, disposeData } = backend;
  backend.move = (dataId, ...rest) => {
    move.call(backend, dataId, ...rest);
    made?.push(dataId);
  };
  backend.incRef = (dataId) => {
    incRef.call(backend, dataId);
    if (made !== undefined) shared.push(dataId);
  };
  backend.disposeData = (dataId, force) => {
    const at = shared.indexOf(dataId);
    if (at >= 0) shared.splice(at, 1);
    return disposeData.call(backend, dataId, force);
  };
  for (const kernel of tf.getKernelsForBackend('wasm')) {
    const run = kernel.kernelFunc;
    kernel.kernelFunc = (params) => {
      if (made !== undefined) return run(params);
      made = [];
      try {
        return run(params);
      } catch (error) {
        for (const dataId of shared.slice()) backend.disposeData(dataId);
        for (const dataId of made) backend.disposeData(dataId, true);
        throw error;
      } finally {
        made = undefined;
        shared = [];
      }
    };
  }
}
