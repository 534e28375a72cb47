import * as tf from '@tensorflow/tfjs';
import { hostView } from './host-view.js';
import { vectorUpdate } from './tensorflow/parameter-update.js';
import { tensorflowUsesGpu } from './tensorflow/tensorflow-library.js';
import { deviceUpdate } from './webgpu/device-update.js';

/** Adam: values −= decay · values + rate · m / (√v · correction + ε). SGD: v = momentum · v + g + decay · values; values −= rate · v. */
export type UpdateRule = 'adam' | 'sgd';

export interface ParameterUpdateOptions {
  readonly rule: UpdateRule;
  readonly variables: readonly tf.Variable[];
  /** Row of the rates that each variable takes. */
  readonly groups: readonly number[];
}

/** The update of an optimizer and its moments, where the backend does it best. */
export interface ParameterUpdate {
  /**
   * @param gradients in the order of the variables
   * @param rates [groups, 3]: rate, correction, decay for Adam; rate, momentum, decay for SGD
   */
  apply(gradients: readonly tf.Tensor[], rates: tf.Tensor): void;
  /** One array a variable and kind: first and second moments for Adam, velocities for SGD. */
  moments(): Promise<Float32Array[]>;
  restore(moments: readonly Float32Array[]): void;
  dispose(): void;
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

export function parameterUpdate(options: ParameterUpdateOptions): ParameterUpdate {
  if (tf.getBackend() === 'webgpu') return deviceUpdate(options);
  return tensorflowUsesGpu() ? vectorUpdate(options) : hostUpdate(options);
}

/**
 * One loop over host memory: on wasm the heap is host memory anyway, it is the same bits on every backend, and moments need
 * no tensors to be saved.
 */
function hostUpdate({ rule, variables, groups }: ParameterUpdateOptions): ParameterUpdate {
  const kinds = rule === 'adam' ? 2 : 1;
  const moments = variables.flatMap(({ size }) =>
    Array.from({ length: kinds }, () => new Float32Array(size)),
  );
  return {
    apply(gradients, rates) {
      const scalars = rates.dataSync<'float32'>();
      for (const [i, variable] of variables.entries()) {
        const gradient = hostView(gradients[i]);
        const values = hostView(variable).slice();
        const own = scalars.subarray(3 * groups[i], 3 * groups[i] + 3);
        if (rule === 'adam') adam(values, gradient, moments[2 * i], moments[2 * i + 1], own);
        else momentum(values, gradient, moments[i], own);
        tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
      }
    },
    moments: async () => moments.map((moment) => moment.slice()),
    restore(saved) {
      for (const [i, moment] of saved.entries()) moments[i].set(moment);
    },
    dispose() {},
  };
}

function adam(
  values: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  [rate, correction, decay]: Float32Array,
): void {
  for (let j = 0; j < values.length; j++) {
    const g = gradient[j];
    const m = BETA_1 * first[j] + (1 - BETA_1) * g;
    const v = BETA_2 * second[j] + (1 - BETA_2) * g * g;
    first[j] = m;
    second[j] = v;
    values[j] -= decay * values[j] + (rate * m) / (Math.sqrt(v) * correction + EPSILON);
  }
}

function momentum(
  values: Float32Array,
  gradient: Float32Array,
  velocity: Float32Array,
  [rate, share, decay]: Float32Array,
): void {
  for (let j = 0; j < values.length; j++) {
    const v = share * velocity[j] + gradient[j] + decay * values[j];
    velocity[j] = v;
    values[j] -= rate * v;
  }
}
