import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { ParameterUpdate, ParameterUpdateOptions } from '../parameter-update.js';
import { adamUpdate, copyInto, momentumUpdate } from './kernels/parameter-update.js';

const CONSTANTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Moments and variables stay on the GPU and are overwritten there, at the places where they lie: a recorded step finds them
 * again. Clones and reshapes made of a variable before share its values, and are overwritten with it.
 */
export function deviceUpdate({ rule, variables, groups }: ParameterUpdateOptions): ParameterUpdate {
  const backend = tf.backend() as WebGPUBackend;
  const kinds = rule === 'adam' ? 2 : 1;
  const moments = variables.flatMap(({ size }) =>
    Array.from({ length: kinds }, () => tf.tidy(() => tf.keep(tf.zeros([size])))),
  );
  return {
    apply(gradients, rates) {
      for (const [i, variable] of variables.entries()) {
        const shared = { variable, gradient: gradients[i], rates, group: groups[i] };
        if (rule === 'adam')
          adamUpdate(backend, { ...shared, first: moments[2 * i], second: moments[2 * i + 1] }, CONSTANTS);
        else momentumUpdate(backend, { ...shared, velocity: moments[i] });
      }
    },
    async moments() {
      const values: Float32Array[] = [];
      for (const moment of moments) values.push((await moment.data<'float32'>()).slice());
      return values;
    },
    restore(saved) {
      for (const [i, moment] of moments.entries())
        tf.tidy(() => copyInto(backend, moment, tf.tensor1d(saved[i])));
    },
    dispose() {
      tf.dispose(moments);
    },
  };
}
