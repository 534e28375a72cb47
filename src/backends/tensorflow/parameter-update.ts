import * as tf from '@tensorflow/tfjs';

/** Parameters with the same rates, and their gradients in the same order. */
export interface ParameterGroup {
  readonly variables: readonly tf.Variable[];
  readonly gradients: readonly tf.Tensor[];
}

/**
 * One step of Adam where the parameters are, without reading a gradient back: all parameters of a group as one long vector,
 * so that a step is a few large operations and not a dozen small ones a parameter. The variables, `first` and `second` get
 * new values.
 *
 * @param group.first moment of all parameters, one after the other, [sum of sizes]
 * @param group.second likewise
 * @param group.rates [3]: learning rate / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ), 1 − learning rate · weight decay, t from 1
 */
export function updateByAdam(
  group: ParameterGroup & {
    readonly first: tf.Variable<tf.Rank.R1>;
    readonly second: tf.Variable<tf.Rank.R1>;
    readonly rates: tf.Tensor1D;
  },
  constants: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): void {
  const { variables, gradients, first, second, rates } = group;
  const { beta1, beta2, epsilon } = constants;
  tf.tidy(() => {
    const [rate, correction, kept] = tf.unstack(rates);
    const gradient = joined(gradients);
    const m = first.mul<tf.Tensor1D>(beta1).add<tf.Tensor1D>(gradient.mul(1 - beta1));
    const v = second.mul<tf.Tensor1D>(beta2).add<tf.Tensor1D>(gradient.square().mul(1 - beta2));
    const step = m.mul(rate).div(v.sqrt().mul(correction).add(epsilon));
    assignParts(variables, joined(variables).mul(kept).sub(step));
    first.assign(m);
    second.assign(v);
  });
}

/**
 * One step of SGD with momentum, in the same way.
 *
 * @param group.velocity of all parameters, one after the other, [sum of sizes]
 * @param group.rates [3]: learning rate, momentum, weight decay
 */
export function updateByMomentum(
  group: ParameterGroup & { readonly velocity: tf.Variable<tf.Rank.R1>; readonly rates: tf.Tensor1D },
): void {
  const { variables, gradients, velocity, rates } = group;
  tf.tidy(() => {
    const [rate, momentum, weightDecay] = tf.unstack(rates);
    const values = joined(variables);
    const v = velocity.mul(momentum).add(joined(gradients)).add<tf.Tensor1D>(values.mul(weightDecay));
    assignParts(variables, values.sub(v.mul(rate)));
    velocity.assign(v);
  });
}

function joined(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat1d(tensors.map((tensor) => tensor.as1D()));
}

function assignParts(variables: readonly tf.Variable[], values: tf.Tensor): void {
  const sizes = variables.map(({ size }) => size);
  for (const [i, part] of tf.split(values, sizes).entries()) {
    variables[i].assign(part.reshape(variables[i].shape));
  }
}
