import * as tf from '@tensorflow/tfjs';
import type { ParameterUpdate, ParameterUpdateOptions } from '../parameter-update.js';

const CONSTANTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Moments and variables stay on the device, and no gradient is read back, which takes a second for those of GoogLeNet. All
 * variables of a row of rates are one long vector, so that a step is a few large operations and not a dozen a variable.
 */
export function vectorUpdate({ rule, variables, groups }: ParameterUpdateOptions): ParameterUpdate {
  const rows = [...new Set(groups)].map((row) => groupOf(row, { rule, variables, groups }));
  return {
    apply(gradients, rates) {
      tf.tidy(() => {
        const scalars = tf.unstack(rates);
        for (const { row, members, moments } of rows) {
          const [rate, second, decay] = tf.unstack(scalars[row]);
          const values = joined(members.map((i) => variables[i]));
          const gradient = joined(members.map((i) => gradients[i]));
          const change =
            rule === 'adam'
              ? adam(moments, gradient, { correction: second }).mul(rate).add(values.mul(decay))
              : velocity(moments, gradient, { momentum: second, pull: values.mul(decay) }).mul(rate);
          const parts = partsOf(
            values.sub(change),
            members.map((i) => variables[i]),
          );
          for (const [k, i] of members.entries()) variables[i].assign(parts[k]);
        }
      });
    },
    async moments() {
      const values: Float32Array[] = [];
      for (const { members, moments } of rows) {
        for (const [kind, moment] of moments.entries()) {
          const whole = await moment.data<'float32'>();
          let start = 0;
          for (const i of members) {
            const end = start + variables[i].size;
            values[moments.length * i + kind] = whole.slice(start, end);
            start = end;
          }
        }
      }
      return values;
    },
    restore(saved) {
      for (const { members, moments } of rows) {
        for (const [kind, moment] of moments.entries()) {
          tf.tidy(() =>
            moment.assign(joined(members.map((i) => tf.tensor1d(saved[moments.length * i + kind])))),
          );
        }
      }
    },
    dispose() {
      for (const { moments } of rows) tf.dispose(moments);
    },
  };
}

function groupOf(row: number, { rule, variables, groups }: ParameterUpdateOptions) {
  const members = [...variables.keys()].filter((i) => groups[i] === row);
  const size = members.reduce((sum, i) => sum + variables[i].size, 0);
  const moments = Array.from({ length: rule === 'adam' ? 2 : 1 }, () =>
    tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([size]), false)),
  );
  return { row, members, moments };
}

type Vector = tf.Tensor<tf.Rank.R1>;

/** Moves both moments. @returns m / (√v · correction + ε) */
function adam(
  [first, second]: readonly tf.Variable<tf.Rank.R1>[],
  gradient: Vector,
  { correction }: { readonly correction: tf.Tensor },
): Vector {
  const { beta1, beta2, epsilon } = CONSTANTS;
  first.assign(first.mul<Vector>(beta1).add(gradient.mul(1 - beta1)));
  second.assign(second.mul<Vector>(beta2).add(gradient.square().mul(1 - beta2)));
  return first.div(second.sqrt().mul(correction).add(epsilon));
}

/** Moves the velocity, and returns it. */
function velocity(
  [moment]: readonly tf.Variable<tf.Rank.R1>[],
  gradient: Vector,
  { momentum, pull }: { readonly momentum: tf.Tensor; readonly pull: tf.Tensor },
): Vector {
  moment.assign(moment.mul<Vector>(momentum).add<Vector>(gradient).add(pull));
  return moment;
}

function joined(tensors: readonly tf.Tensor[]): Vector {
  return tf.concat1d(tensors.map((tensor) => tensor.as1D()));
}

function partsOf(vector: tf.Tensor, variables: readonly tf.Variable[]): tf.Tensor[] {
  const parts = tf.split(
    vector,
    variables.map(({ size }) => size),
  );
  return parts.map((part, k) => part.reshape(variables[k].shape));
}
