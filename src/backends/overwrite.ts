import type * as tf from '@tensorflow/tfjs';

/** Gives a variable the value of a tensor of its shape, without its gradient. */
export function overwrite(variable: tf.Variable, value: tf.Tensor): void {
  variable.assign(value);
}
