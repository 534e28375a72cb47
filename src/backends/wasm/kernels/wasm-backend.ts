import * as tf from '@tensorflow/tfjs';

/** The part of tfjs-backend-wasm 4.22.0 that the kernels here build on. */
export interface WasmBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    _malloc: (bytes: number) => number;
    _free(pointer: number): void;
  };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  /** A view of the heap, void after the next allocation: take views only after every `makeOutput`. */
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
  disposeData(dataId: object, force?: boolean): boolean;
  incRef(dataId: object): void;
  move(dataId: object, values: unknown, shape: number[], dtype: tf.DataType, refCount: number): void;
}

export interface WasmKernelArguments {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly backend: WasmBackend;
  readonly attrs: Readonly<Record<string, unknown>>;
}

export type WasmKernel = (args: WasmKernelArguments) => tf.TensorInfo | tf.TensorInfo[];

/** Registers a kernel of our own for the wasm backend, in place of a shipped one of that name. */
export function registerWasmKernel(kernelName: string, kernel: WasmKernel): void {
  const shipped = tf.getKernel(kernelName, 'wasm') as tf.KernelConfig | undefined;
  if (shipped !== undefined) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    setupFunc: shipped?.setupFunc,
    kernelFunc: kernel as unknown as tf.KernelFunc,
  });
}

/** Runs another wasm kernel inside a kernel; the caller disposes what it does not return. */
export function callWasmKernel(
  kernelName: string,
  inputs: Record<string, tf.TensorInfo>,
  backend: WasmBackend,
  attrs: Record<string, unknown> = {},
): tf.TensorInfo {
  const { kernelFunc } = tf.getKernel(kernelName, 'wasm');
  return kernelFunc({ inputs, backend, attrs: attrs as tf.NamedAttrMap }) as tf.TensorInfo;
}

/** The same data under another shape, without a copy; disposed like any other result. */
export function reshaped(info: tf.TensorInfo, shape: number[], backend: WasmBackend): tf.TensorInfo {
  backend.incRef(info.dataId);
  return { dataId: info.dataId, shape, dtype: info.dtype };
}
