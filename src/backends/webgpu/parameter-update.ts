import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import {
  type AdamTensors,
  adamUpdate,
  type MomentumTensors,
  momentumUpdate,
} from './kernels/parameter-update.js';

/**
 * One step of Adam on the GPU, in place: `variable`, `first` and `second` are overwritten. The step's rates come as a tensor,
 * so that a recorded step can be replayed with new ones. Clones, reshapes and variables share values: what was made so from
 * `variable` before is overwritten with it.
 *
 * @param tensors.rates [3]: learning rate / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ), 1 − learning rate · weight decay, t from 1
 */
export function updateByAdam(
  tensors: AdamTensors,
  constants: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): void {
  adamUpdate(tf.backend() as WebGPUBackend, tensors, constants);
}

/**
 * One step of SGD with momentum on the GPU, in place: `variable` and `velocity` are overwritten.
 *
 * @param tensors.rates [3]: learning rate, momentum, weight decay
 */
export function updateByMomentum(tensors: MomentumTensors): void {
  momentumUpdate(tf.backend() as WebGPUBackend, tensors);
}
