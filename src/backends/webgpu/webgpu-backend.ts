import * as tf from '@tensorflow/tfjs';

/** What tfjs-backend-webgpu 4.22.0 keeps for the data of a tensor. */
export interface WebgpuTensorData {
  /** On the host: before the upload, and again after a read. */
  values: tf.backend_util.BackendValues | null | undefined;
  readonly dtype: tf.DataType;
  readonly shape: number[];
  refCount: number;
  resource?: GPUBuffer | null;
}

export interface BufferPool {
  acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
  readonly numBytesUsed: number;
  readonly numBytesAllocated: number;
}

/** The part of tfjs-backend-webgpu 4.22.0 that a recording builds on. */
export interface WebgpuBackend {
  device: GPUDevice;
  queue: GPUQueue;
  bufferManager: BufferPool;
  commandEncoder: GPUCommandEncoder | null;
  activeTimers: unknown;
  readonly tensorMap: { get(dataId: object): WebgpuTensorData; has(dataId: object): boolean };
  write(values: tf.backend_util.BackendValues | null, shape: number[], dtype: tf.DataType): object;
  read(dataId: object): Promise<tf.backend_util.BackendValues>;
  readSync(dataId: object): tf.backend_util.BackendValues;
  readToGPU(dataId: object): unknown;
  disposeData(dataId: object, force?: boolean): boolean;
  uploadToGPU(dataId: object): void;
  shouldExecuteOnCPU(inputs: readonly tf.TensorInfo[], sizeThreshold?: number): boolean;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** The running backend, which is `webgpu`. */
export function webgpuBackend(): WebgpuBackend {
  return tf.backend() as unknown as WebgpuBackend;
}

/** Hands to the device what the backend has encoded so far and holds back. */
export function submitPending(backend: WebgpuBackend): void {
  if (backend.commandEncoder === null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}
