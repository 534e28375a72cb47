import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { eachThread, run, workgroupsFor } from './program.js';

export interface AdamTensors {
  readonly variable: tf.TensorInfo;
  readonly gradient: tf.TensorInfo;
  /** Of variable's size: running means of the gradient and of its square. */
  readonly first: tf.TensorInfo;
  readonly second: tf.TensorInfo;
  /** [groups, 3]: rate, correction, decay. */
  readonly rates: tf.TensorInfo;
  /** Row of the rates. */
  readonly group: number;
}

/** values −= decay · values + rate · m / (√v · correction + ε); `variable`, `first` and `second` are written in place. */
export function adamUpdate(
  backend: WebGPUBackend,
  { variable, gradient, first, second, rates, group }: AdamTensors,
  { beta1, beta2, epsilon }: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): void {
  const threads = sizeOf(variable);
  run(backend, {
    name: 'KitAdamUpdate',
    variant: '',
    writes: [values('variable', variable), values('first', first), values('second', second)],
    reads: [values('gradient', gradient), values('rates', rates)],
    integers: { threads, row: 3 * group },
    // Both shares as the host rounds them: 1 − β₂ in float32 would be off in the fifth digit.
    floats: { beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, epsilon },
    workgroups: workgroupsFor(threads),
    code: () =>
      eachThread(`
  let g = gradient[at];
  let m = u.beta1 * first[at] + u.rest1 * g;
  let v = u.beta2 * second[at] + u.rest2 * g * g;
  first[at] = m;
  second[at] = v;
  variable[at] -= rates[u.row + 2] * variable[at] + rates[u.row] * m / (sqrt(v) * rates[u.row + 1] + u.epsilon);`),
  });
}

export interface MomentumTensors {
  readonly variable: tf.TensorInfo;
  readonly gradient: tf.TensorInfo;
  /** Of variable's size. */
  readonly velocity: tf.TensorInfo;
  /** [groups, 3]: rate, momentum, decay. */
  readonly rates: tf.TensorInfo;
  /** Row of the rates. */
  readonly group: number;
}

/** v = momentum · v + g + decay · values; values −= rate · v: `variable` and `velocity` are written in place. */
export function momentumUpdate(
  backend: WebGPUBackend,
  { variable, gradient, velocity, rates, group }: MomentumTensors,
): void {
  const threads = sizeOf(variable);
  run(backend, {
    name: 'KitMomentumUpdate',
    variant: '',
    writes: [values('variable', variable), values('velocity', velocity)],
    reads: [values('gradient', gradient), values('rates', rates)],
    integers: { threads, row: 3 * group },
    workgroups: workgroupsFor(threads),
    code: () =>
      eachThread(`
  let v = rates[u.row + 1] * velocity[at] + gradient[at] + rates[u.row + 2] * variable[at];
  velocity[at] = v;
  variable[at] -= rates[u.row] * v;`),
  });
}

/** Copies `value` into `variable`, which keeps its place on the device. */
export function copyInto(backend: WebGPUBackend, variable: tf.TensorInfo, value: tf.TensorInfo): void {
  const threads = sizeOf(variable);
  run(backend, {
    name: 'KitCopyInto',
    variant: '',
    writes: [values('variable', variable)],
    reads: [values('value', value)],
    integers: { threads },
    workgroups: workgroupsFor(threads),
    code: () => eachThread('variable[at] = value[at];'),
  });
}

const values = (name: string, tensor: tf.TensorInfo) => ({ name, tensor, type: 'f32' as const });
const sizeOf = ({ shape }: tf.TensorInfo) => shape.reduce((product, size) => product * size, 1);
