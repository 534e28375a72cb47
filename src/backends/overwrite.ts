import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { copyInto } from './webgpu/kernels/parameter-update.js';

/**
 * Gives a variable the value of a tensor of its shape, without its gradient. On WebGPU the value is copied to where the
 * variable lies, so that a recorded step finds it again.
 */
export function overwrite(variable: tf.Variable, value: tf.Tensor): void {
  if (tf.getBackend() === 'webgpu') copyInto(tf.backend() as WebGPUBackend, variable, value);
  else variable.assign(value);
}
