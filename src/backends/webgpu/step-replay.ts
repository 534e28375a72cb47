import type * as tf from '@tensorflow/tfjs';
import type { OperationTime } from '../device-step.js';
import type { StepPlan } from './step-plan.js';
import {
  type RecordedCopy,
  type RecordedDispatch,
  type StepRecording,
  TENSOR_USAGE,
} from './step-recording.js';
import { submitPending, type WebgpuBackend } from './webgpu-backend.js';

interface Dispatch extends Pick<RecordedDispatch, 'pipeline' | 'groups'> {
  readonly kind: 'dispatch';
  readonly group: GPUBindGroup;
}

/** UNIFORM, STORAGE and COPY_DST. */
const CONSTANT_USAGE = 0x40 | 0x80 | 0x8;

/** A recording with memory of its own, ready to be handed to the device again and again. */
export class StepReplay {
  readonly #owned: GPUBuffer[] = [];
  readonly #operations: readonly (Dispatch | RecordedCopy)[];
  /** Data whose buffers the commands name, and those buffers. */
  readonly #buffers = new Map<object, GPUBuffer>();

  constructor(
    private readonly backend: WebgpuBackend,
    private readonly recording: StepRecording,
    plan: StepPlan,
  ) {
    const { bufferManager: pool, tensorMap, queue, device } = backend;
    const places = new Map<GPUBuffer, { readonly buffer: GPUBuffer; readonly offset: number }>();
    const own = (size: number, usage: number) => {
      const buffer = pool.acquireBuffer(size, usage);
      this.#owned.push(buffer);
      return buffer;
    };
    const slots = plan.between.plan.sizes.map((size) => own(size, TENSOR_USAGE));
    for (const [i, standIn] of plan.between.standIns.entries())
      places.set(standIn, { buffer: slots[plan.between.plan.assigned[i]], offset: 0 });
    for (const { size, places: offsets } of plan.constants) {
      const buffer = own(size, CONSTANT_USAGE);
      const contents = new Uint8Array(size);
      for (const [standIn, offset] of offsets) {
        contents.set(recording.constants.get(standIn) as Uint8Array, offset);
        places.set(standIn, { buffer, offset });
      }
      queue.writeBuffer(buffer, 0, contents);
    }
    for (const { dataId } of [...recording.inputs, ...recording.outputs]) {
      const data = tensorMap.get(dataId);
      const standIn = data.resource as GPUBuffer;
      if (this.#buffers.has(dataId)) continue;
      const buffer = pool.acquireBuffer(standIn.size, TENSOR_USAGE);
      data.resource = buffer;
      places.set(standIn, { buffer, offset: 0 });
      this.#buffers.set(dataId, buffer);
      const constant = recording.constants.get(standIn);
      if (constant !== undefined) queue.writeBuffer(buffer, 0, constant);
    }
    for (const [dataId, buffer] of recording.outside) this.#buffers.set(dataId, buffer);

    const placed = (buffer: GPUBuffer) => places.get(buffer) ?? { buffer, offset: 0 };
    this.#operations = recording.operations.map((operation) => {
      if (operation.kind === 'copy') {
        const { kind, size, from, to, fromOffset, toOffset } = operation;
        const [source, target] = [placed(from), placed(to)];
        return {
          kind,
          size,
          from: source.buffer,
          fromOffset: fromOffset + source.offset,
          to: target.buffer,
          toOffset: toOffset + target.offset,
        };
      }
      const entries = operation.bindings.map(({ binding, buffer, offset, size }) => {
        const place = placed(buffer);
        return { binding, resource: { buffer: place.buffer, offset: place.offset + offset, size } };
      });
      const { kind, pipeline, groups, layout } = operation;
      return { kind, pipeline, groups, group: device.createBindGroup({ layout, entries }) };
    });
  }

  /** Whether data that the commands name has moved to another buffer or is gone. */
  isStale(): boolean {
    const { tensorMap } = this.backend;
    for (const [dataId, buffer] of this.#buffers)
      if (!tensorMap.has(dataId) || tensorMap.get(dataId).resource !== buffer) return true;
    return false;
  }

  run(inputs: readonly (Float32Array | Int32Array)[]): readonly tf.Tensor[] {
    this.#write(inputs);
    const encoder = this.backend.device.createCommandEncoder();
    let pass: GPUComputePassEncoder | null = null;
    let pipeline: GPUComputePipeline | null = null;
    for (const operation of this.#operations) {
      if (operation.kind === 'copy') {
        pass?.end();
        pass = null;
        copy(encoder, operation);
        continue;
      }
      if (pass === null) {
        pass = encoder.beginComputePass();
        pipeline = null;
      }
      if (operation.pipeline !== pipeline) {
        pipeline = operation.pipeline;
        pass.setPipeline(pipeline);
      }
      pass.setBindGroup(0, operation.group);
      const { groups } = operation;
      pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
    }
    pass?.end();
    this.backend.queue.submit([encoder.finish()]);
    this.#forgetHostCopies();
    return this.recording.outputs;
  }

  /** A run with the device's time of every dispatch, summed by the name of its program, the longest first. */
  async profile(inputs: readonly (Float32Array | Int32Array)[]): Promise<readonly OperationTime[]> {
    const { device, queue } = this.backend;
    if (!device.features.has('timestamp-query'))
      throw new Error('This GPU and its driver give no timestamps, so nothing can be timed on it.');
    this.#write(inputs);
    const dispatches = this.#operations.filter((operation) => operation.kind === 'dispatch');
    const sets = Array.from({ length: Math.ceil(dispatches.length / DISPATCHES_A_SET) }, (_, i) =>
      device.createQuerySet({
        type: 'timestamp',
        count: 2 * Math.min(DISPATCHES_A_SET, dispatches.length - i * DISPATCHES_A_SET),
      }),
    );
    const size = 16 * Math.max(1, dispatches.length);
    const resolved = device.createBuffer({
      size,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    const read = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    let at = 0;
    for (const operation of this.#operations) {
      if (operation.kind === 'copy') {
        copy(encoder, operation);
        continue;
      }
      const index = 2 * (at % DISPATCHES_A_SET);
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet: sets[Math.floor(at++ / DISPATCHES_A_SET)],
          beginningOfPassWriteIndex: index,
          endOfPassWriteIndex: index + 1,
        },
      });
      pass.setPipeline(operation.pipeline);
      pass.setBindGroup(0, operation.group);
      pass.dispatchWorkgroups(...operation.groups);
      pass.end();
    }
    for (const [i, set] of sets.entries())
      encoder.resolveQuerySet(set, 0, set.count, resolved, 16 * DISPATCHES_A_SET * i);
    encoder.copyBufferToBuffer(resolved, 0, read, 0, size);
    queue.submit([encoder.finish()]);
    this.#forgetHostCopies();
    await read.mapAsync(GPUMapMode.READ);
    const times = new BigUint64Array(read.getMappedRange());
    const byName = new Map<string, { name: string; calls: number; ms: number }>();
    for (const [i, { pipeline }] of dispatches.entries()) {
      const own = byName.get(pipeline.label) ?? { name: pipeline.label, calls: 0, ms: 0 };
      own.calls++;
      own.ms += Number(times[2 * i + 1] - times[2 * i]) / 1e6;
      byName.set(pipeline.label, own);
    }
    for (const gone of [...sets, resolved, read]) gone.destroy();
    return [...byName.values()].sort((a, b) => b.ms - a.ms);
  }

  dispose(): void {
    const { inputs, outputs } = this.recording;
    for (const buffer of this.#owned) this.backend.bufferManager.releaseBuffer(buffer, false);
    for (const tensor of [...inputs, ...outputs]) if (!tensor.isDisposed) tensor.dispose();
  }

  #write(inputs: readonly (Float32Array | Int32Array)[]): void {
    submitPending(this.backend);
    for (const [i, { dataId }] of this.recording.inputs.entries()) {
      const { buffer, byteOffset, byteLength } = inputs[i];
      const target = this.#buffers.get(dataId) as GPUBuffer;
      this.backend.queue.writeBuffer(target, 0, buffer as ArrayBuffer, byteOffset, byteLength);
    }
  }

  /** tfjs keeps what it has read of a tensor, and would give that again. */
  #forgetHostCopies(): void {
    for (const dataId of this.#buffers.keys()) this.backend.tensorMap.get(dataId).values = null;
  }
}

/** A query set holds at most 4096 timestamps; resolving begins at multiples of 256 bytes. */
const DISPATCHES_A_SET = 2048;

function copy(encoder: GPUCommandEncoder, { from, fromOffset, to, toOffset, size }: RecordedCopy): void {
  encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, size);
}
