import { type BufferLife, type BufferPlan, planBuffers } from './buffer-plan.js';
import { buffersOf, type StepRecording } from './step-recording.js';

/** Where each stand-in of a recording will be. */
export interface StepPlan {
  /** Of the step itself: inputs, outputs, what is between, constants. Tensors from outside are not in it. */
  readonly bytes: number;
  /** The largest buffer among them. */
  readonly largest: number;
  readonly between: {
    readonly standIns: readonly GPUBuffer[];
    readonly lives: readonly BufferLife[];
    readonly plan: BufferPlan;
  };
  /** One buffer after another, filled with constants at these offsets. */
  readonly constants: readonly {
    readonly size: number;
    readonly places: ReadonlyMap<GPUBuffer, number>;
  }[];
}

/** Gives what lives between inputs and outputs few buffers in turn, and puts constants side by side. */
export function planStep(limits: GPUSupportedLimits, recording: StepRecording): StepPlan {
  const { operations, constants, tensors } = recording;
  const outside = new Set(recording.outside.values());
  const lives = new Map<GPUBuffer, { bytes: number; first: number; last: number }>();
  for (const [at, operation] of operations.entries()) {
    for (const buffer of buffersOf(operation)) {
      if (tensors.has(buffer) || outside.has(buffer) || constants.has(buffer)) continue;
      const life = lives.get(buffer);
      if (life === undefined) lives.set(buffer, { bytes: buffer.size, first: at, last: at });
      else life.last = at;
    }
  }
  const between = {
    standIns: [...lives.keys()],
    lives: [...lives.values()],
    plan: planBuffers([...lives.values()]),
  };
  const packed = packConstants(
    limits,
    [...constants].filter(([buffer]) => !tensors.has(buffer)),
  );
  const sizes = [
    ...between.plan.sizes,
    ...packed.map(({ size }) => size),
    ...[...tensors].map((b) => b.size),
  ];
  return {
    bytes: sizes.reduce((a, b) => a + b, 0),
    largest: Math.max(0, ...sizes),
    between,
    constants: packed,
  };
}

/** Everything that is bound may begin at a multiple of this (WebGPU's default for both kinds). */
const ALIGNMENT = 256;

function packConstants(
  limits: GPUSupportedLimits,
  constants: readonly (readonly [GPUBuffer, Uint8Array])[],
): StepPlan['constants'] {
  const packed: { size: number; places: Map<GPUBuffer, number> }[] = [];
  for (const [buffer, { length }] of constants) {
    const size = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    let last = packed.at(-1);
    if (last === undefined || last.size + size > limits.maxBufferSize) {
      last = { size: 0, places: new Map() };
      packed.push(last);
    }
    last.places.set(buffer, last.size);
    last.size += size;
  }
  return packed;
}
