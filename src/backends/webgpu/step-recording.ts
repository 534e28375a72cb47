import * as tf from '@tensorflow/tfjs';
import { submitPending, type WebgpuBackend } from './webgpu-backend.js';

/**
 * Some buffers of a recording do not exist: a stand-in has the size of one and says which is meant. What is replayed later
 * gets a real buffer in its place.
 */
export interface StepRecording {
  readonly operations: readonly RecordedOperation[];
  /** Stand-ins whose contents came from the host: uniforms, and tensors that the body made of numbers. */
  readonly constants: ReadonlyMap<GPUBuffer, Uint8Array<ArrayBuffer>>;
  /** Data made outside the body (variables, moments) and its buffer. */
  readonly outside: ReadonlyMap<object, GPUBuffer>;
  /** Stand-ins of inputs and outputs: tensors, with a buffer of just their size each. */
  readonly tensors: ReadonlySet<GPUBuffer>;
  /** Kept tensors, their resources stand-ins. */
  readonly inputs: readonly tf.Tensor[];
  readonly outputs: readonly tf.Tensor[];
}

export type RecordedOperation = RecordedDispatch | RecordedCopy;

export interface RecordedDispatch {
  readonly kind: 'dispatch';
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly RecordedBinding[];
  readonly groups: readonly [number, number, number];
}

export interface RecordedBinding {
  readonly binding: number;
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

export interface RecordedCopy {
  readonly kind: 'copy';
  readonly from: GPUBuffer;
  readonly fromOffset: number;
  readonly to: GPUBuffer;
  readonly toOffset: number;
  readonly size: number;
}

export function buffersOf(operation: RecordedOperation): GPUBuffer[] {
  return operation.kind === 'copy'
    ? [operation.from, operation.to]
    : operation.bindings.map(({ buffer }) => buffer);
}

export interface StepInput {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

export type StepBody = (inputs: readonly tf.Tensor[]) => readonly tf.Tensor[];

/**
 * Runs `body` with nothing carried out: what it would have the device do is written down, no memory is taken, and no tensor
 * outside changes. Pipelines are compiled.
 *
 * @throws Error when the body does what a replay could not: reads values back, assigns a variable, disposes or keeps
 *   tensors, hands back an input or a tensor from outside
 */
export function recordStep(
  backend: WebgpuBackend,
  inputs: readonly StepInput[],
  body: StepBody,
): StepRecording {
  submitPending(backend);
  const { device, queue, bufferManager: pool, tensorMap } = backend;
  const operations: RecordedOperation[] = [];
  const constants = new Map<GPUBuffer, Uint8Array<ArrayBuffer>>();
  const outside = new Map<object, GPUBuffer>();
  const standIns = new Set<GPUBuffer>();
  const inside = new Set<object>();
  const used = new Set<GPUBuffer>();
  let broken: Error | null = null;

  /** Also for what the body catches, or never awaits. */
  const refuse = (what: string): Error => {
    broken ??= new Error(`The body of a device step ${what}.`);
    return broken;
  };
  const add = (operation: RecordedOperation) => {
    operations.push(operation);
    for (const buffer of buffersOf(operation)) used.add(buffer);
  };
  const standIn = (size: number, usage: number): GPUBuffer => {
    const buffer = Object.create(GPUBuffer.prototype, {
      size: { value: size },
      usage: { value: usage },
      mapState: { value: 'unmapped' },
    }) as GPUBuffer;
    standIns.add(buffer);
    return buffer;
  };

  const pass = recordingPass(add, (binding) => {
    if (binding.binding === 0 && constants.has(binding.buffer) && isStorage(binding.buffer))
      throw refuse('writes in place into a tensor that it made of numbers; make that tensor outside');
  });
  const encoder = {
    beginComputePass: () => pass,
    copyBufferToBuffer: (
      from: GPUBuffer,
      fromOffset: number,
      to: GPUBuffer,
      toOffset: number,
      size: number,
    ) => add({ kind: 'copy', from, fromOffset, to, toOffset, size }),
    finish: () => encoder,
  };
  const recordingQueue = {
    submit: () => {},
    writeBuffer: (
      buffer: GPUBuffer,
      offset: number,
      data: ArrayBuffer,
      from = 0,
      size = data.byteLength - from,
    ) => {
      if (!standIns.has(buffer) || used.has(buffer) || offset !== 0 || size !== buffer.size)
        throw refuse('writes from the host into a buffer that is in use');
      constants.set(buffer, new Uint8Array(data.slice(from, from + size)));
    },
  };
  const recordingDevice = new Proxy(device, {
    get: (target, key) => {
      if (key === 'queue') return recordingQueue;
      if (key === 'createCommandEncoder') return () => encoder;
      if (key === 'createBindGroup') return (descriptor: GPUBindGroupDescriptor) => descriptor;
      if (key === 'createBuffer') throw refuse('makes a buffer of its own');
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { write, readSync, disposeData, shouldExecuteOnCPU } = backend;
  const resourceOf = ({ dataId }: { dataId: object }) => tensorMap.get(dataId).resource as GPUBuffer;
  const isHostConstant = (dataId: object) => inside.has(dataId) && tensorMap.get(dataId).resource == null;

  const restore = replace(backend, {
    device: recordingDevice,
    queue: recordingQueue as unknown as GPUQueue,
    bufferManager: {
      acquireBuffer: standIn,
      releaseBuffer: () => {},
      numBytesUsed: pool.numBytesUsed,
      numBytesAllocated: pool.numBytesAllocated,
    },
    activeTimers: null,
    write: (...args) => {
      const dataId = write.apply(backend, args);
      inside.add(dataId);
      return dataId;
    },
    uploadToGPU: (dataId) => {
      const data = tensorMap.get(dataId);
      const isInside = inside.has(dataId);
      if (data.resource == null) {
        const bytes = 4 * tf.util.sizeFromShape(data.shape);
        const values = data.values == null ? null : deviceBytes(data.values as tf.TypedArray, data.dtype);
        data.resource = isInside ? standIn(bytes, TENSOR_USAGE) : pool.acquireBuffer(bytes, TENSOR_USAGE);
        if (values !== null && isInside) constants.set(data.resource, values);
        else if (values !== null) queue.writeBuffer(data.resource, 0, values);
        data.values = null;
      }
      if (!isInside) outside.set(dataId, data.resource);
    },
    // A small variable that is not yet on the device is no constant.
    shouldExecuteOnCPU: (infos, threshold) =>
      infos.every(({ dataId }) => isHostConstant(dataId)) &&
      shouldExecuteOnCPU.call(backend, infos, threshold),
    readSync: (dataId) => {
      if (!isHostConstant(dataId)) throw refuse(READS);
      return readSync.call(backend, dataId);
    },
    read: (dataId) => {
      if (isHostConstant(dataId)) return Promise.resolve(readSync.call(backend, dataId));
      refuse(READS);
      return new Promise(() => {});
    },
    readToGPU: () => {
      throw refuse(READS);
    },
    disposeData: (dataId, force) => {
      const isOutside = tensorMap.has(dataId) && !inside.has(dataId);
      if (isOutside && (force || tensorMap.get(dataId).refCount <= 1))
        throw refuse('disposes a tensor that was made outside');
      return disposeData.call(backend, dataId, force);
    },
  });
  const restoreVariables = replace(tf.Variable.prototype as { assign(value: tf.Tensor): void }, {
    assign: () => {
      throw refuse('assigns a variable, which gives it another tensor; update it in place');
    },
  });
  const variables = numVariables();
  const inputTensors = inputs.map(({ shape, dtype }) => {
    const info = backend.makeTensorInfo([...shape], dtype);
    backend.uploadToGPU(info.dataId);
    return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
  });
  const tensors = new Set<GPUBuffer>(inputTensors.map(resourceOf));
  const recording = {
    operations,
    constants,
    outside,
    tensors,
    inputs: inputTensors,
    outputs: [] as tf.Tensor[],
  };
  try {
    const results = tf.tidy(() => [...body(inputTensors)]);
    const inputData = new Set<object>(inputTensors.map(({ dataId }) => dataId));
    recording.outputs = results.filter(({ dataId }) => inside.has(dataId)).map((result) => tf.keep(result));
    if (broken !== null) throw broken;
    if (inputTensors.some((input) => input.isDisposed)) throw refuse('disposes an input');
    if (results.some(({ dataId }) => inputData.has(dataId)))
      throw refuse('hands back an input; hand back a result');
    if (results.some(({ dataId }) => !inside.has(dataId)))
      throw refuse('hands back a tensor that was made outside; hand back a result');
    for (const output of recording.outputs) {
      backend.uploadToGPU(output.dataId);
      tensors.add(resourceOf(output));
    }
    if (numVariables() !== variables) throw refuse('makes a variable; make it outside');
    submitPending(backend);
    const own = new Set([...inputData, ...recording.outputs.map(({ dataId }) => dataId as object)]);
    for (const dataId of inside)
      if (tensorMap.has(dataId) && !own.has(dataId))
        throw refuse('keeps a tensor; hand it back, or let tidy have it');
    return recording;
  } catch (error) {
    submitPending(backend);
    // Also of tensors that the body keeps, which must not be given to the pool with them.
    for (const dataId of inside) if (tensorMap.has(dataId)) tensorMap.get(dataId).resource = null;
    discardRecording(backend, recording);
    throw error;
  } finally {
    restoreVariables();
    restore();
  }
}

const READS = 'reads values back to the host; hand the tensor back and read it after the run';

/** STORAGE, COPY_SRC and COPY_DST: how tfjs makes the buffer of a tensor. */
export const TENSOR_USAGE = 0x80 | 0x4 | 0x8;
const isStorage = ({ usage }: GPUBuffer) => (usage & 0x80) !== 0;

/** Disposes the tensors of a recording that was never given memory. */
export function discardRecording(
  backend: WebgpuBackend,
  { inputs, outputs }: Pick<StepRecording, 'inputs' | 'outputs'>,
): void {
  const tensors = [...inputs, ...outputs].filter((tensor) => !tensor.isDisposed);
  for (const { dataId } of tensors) backend.tensorMap.get(dataId).resource = null;
  tf.dispose(tensors);
}

/** What is not the same in two recordings of one body, for a sentence; null if they are equal. */
export function recordingDifference(a: StepRecording, b: StepRecording): string | null {
  const indexes = [a, b].map(() => new Map<GPUBuffer, number>());
  const isOutside = new Set(a.outside.values());
  const indexOf = (which: number, buffer: GPUBuffer) => {
    const index = indexes[which];
    if (!index.has(buffer)) index.set(buffer, index.size);
    return index.get(buffer);
  };
  const sameBuffer = (left: GPUBuffer, right: GPUBuffer) =>
    isOutside.has(left) ? left === right : indexOf(0, left) === indexOf(1, right) && left.size === right.size;
  for (let i = 0; i < Math.max(a.operations.length, b.operations.length); i++) {
    const [left, right] = [a.operations[i], b.operations[i]];
    const name = left?.kind === 'dispatch' ? left.pipeline.label : 'copy';
    const where = `operation ${i + 1} (${name})`;
    if (left === undefined || right === undefined)
      return `${a.operations.length} operations, then ${b.operations.length}`;
    const [leftBuffers, rightBuffers] = [buffersOf(left), buffersOf(right)];
    const same =
      left.kind === right.kind &&
      leftBuffers.length === rightBuffers.length &&
      leftBuffers.every((buffer, j) => sameBuffer(buffer, rightBuffers[j])) &&
      (left.kind !== 'dispatch' ||
        right.kind !== 'dispatch' ||
        (left.pipeline === right.pipeline && left.groups.every((count, j) => count === right.groups[j])));
    if (!same) return `${where} is another one`;
    for (const [j, buffer] of leftBuffers.entries()) {
      const [one, other] = [a.constants.get(buffer), b.constants.get(rightBuffers[j])];
      if ((one === undefined) !== (other === undefined) || (one && other && Buffer.compare(one, other) !== 0))
        return `numbers from the host in ${where} changed`;
    }
  }
  return null;
}

function recordingPass(
  add: (operation: RecordedOperation) => void,
  check: (binding: RecordedBinding) => void,
): object {
  let pipeline: GPUComputePipeline;
  let group: { readonly layout: GPUBindGroupLayout; readonly bindings: readonly RecordedBinding[] };
  return {
    setPipeline: (next: GPUComputePipeline) => {
      pipeline = next;
    },
    setBindGroup: (index: number, descriptor: GPUBindGroupDescriptor) => {
      if (index !== 0) throw new Error(`A device step records bind group 0 alone, not ${index}.`);
      const bindings = Array.from(descriptor.entries, ({ binding, resource }) => {
        const range = 'buffer' in (resource as object) ? (resource as GPUBufferBinding) : null;
        const buffer = range?.buffer ?? (resource as GPUBuffer);
        if (!(buffer instanceof GPUBuffer)) throw new Error('A device step records buffers alone.');
        const offset = range?.offset ?? 0;
        return { binding, buffer, offset, size: range?.size ?? buffer.size - offset };
      });
      bindings.forEach(check);
      group = { layout: descriptor.layout, bindings };
    },
    dispatchWorkgroups: (x: number, y = 1, z = 1) =>
      add({ kind: 'dispatch', pipeline, ...group, groups: [x, y, z] }),
    end: () => {},
  };
}

/** Puts other properties in place. @returns what puts the former ones back */
function replace<T extends object>(target: T, properties: Partial<T>): () => void {
  const former = Object.keys(properties).map(
    (key) => [key, Object.getOwnPropertyDescriptor(target, key)] as const,
  );
  Object.assign(target, properties);
  return () => {
    for (const [key, descriptor] of former) {
      if (descriptor === undefined) delete target[key as keyof T];
      else Object.defineProperty(target, key, descriptor);
    }
  };
}

/** As tfjs stores them on the device: 4 bytes a value. */
function deviceBytes(values: tf.TypedArray, dtype: tf.DataType): Uint8Array<ArrayBuffer> {
  const typed = dtype === 'float32' ? new Float32Array(values) : new Int32Array(values);
  return new Uint8Array(typed.buffer);
}

function numVariables(): number {
  return Object.keys(tf.engine().registeredVariables).length;
}
