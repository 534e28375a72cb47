import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { eachThread, run, workgroupsFor } from './program.js';

export interface AdamTensors {
  readonly variable: tf.TensorInfo;
  readonly gradient: tf.TensorInfo;
  /** Of variable's size: running means of the gradient and of its square. */
  readonly first: tf.TensorInfo;
  readonly second: tf.TensorInfo;
  /** [3]: learning rate / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ), 1 − learning rate · weight decay. */
  readonly rates: tf.TensorInfo;
}

/** A step of Adam with decoupled weight decay: `variable`, `first` and `second` are written in place. */
export function adamUpdate(
  backend: WebGPUBackend,
  { variable, gradient, first, second, rates }: AdamTensors,
  { beta1, beta2, epsilon }: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): void {
  const threads = sizeOf(variable);
  run(backend, {
    name: 'KitAdamUpdate',
    variant: '',
    writes: [values('variable', variable), values('first', first), values('second', second)],
    reads: [values('gradient', gradient), values('rates', rates)],
    integers: { threads },
    // Both shares as the host rounds them: 1 − β in float32 would be off in the fifth digit for β₂.
    floats: { beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, epsilon },
    workgroups: workgroupsFor(threads),
    code: () =>
      eachThread(`
  let g = gradient[at];
  let m = u.beta1 * first[at] + u.rest1 * g;
  let v = u.beta2 * second[at] + u.rest2 * g * g;
  first[at] = m;
  second[at] = v;
  variable[at] = rates[2] * variable[at] - rates[0] * m / (sqrt(v) * rates[1] + u.epsilon);`),
  });
}

export interface MomentumTensors {
  readonly variable: tf.TensorInfo;
  readonly gradient: tf.TensorInfo;
  /** Of variable's size. */
  readonly velocity: tf.TensorInfo;
  /** [3]: learning rate, momentum, weight decay. */
  readonly rates: tf.TensorInfo;
}

/** A step of SGD with momentum and an L2 penalty: `variable` and `velocity` are written in place. */
export function momentumUpdate(
  backend: WebGPUBackend,
  { variable, gradient, velocity, rates }: MomentumTensors,
): void {
  const threads = sizeOf(variable);
  run(backend, {
    name: 'KitMomentumUpdate',
    variant: '',
    writes: [values('variable', variable), values('velocity', velocity)],
    reads: [values('gradient', gradient), values('rates', rates)],
    integers: { threads },
    workgroups: workgroupsFor(threads),
    code: () =>
      eachThread(`
  let v = rates[1] * velocity[at] + gradient[at] + rates[2] * variable[at];
  velocity[at] = v;
  variable[at] -= rates[0] * v;`),
  });
}

const values = (name: string, tensor: tf.TensorInfo) => ({ name, tensor, type: 'f32' as const });
const sizeOf = ({ shape }: tf.TensorInfo) => shape.reduce((product, size) => product * size, 1);
