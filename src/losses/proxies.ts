import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import type { SeededRandom } from '../seeded-random.js';

export interface ProxyOptions {
  /** The label of each training class, in any order; one proxy each. */
  readonly classes: readonly number[];
  /** Of the embeddings. */
  readonly dimension: number;
  readonly random: SeededRandom;
}

/** One trainable proxy a class, standard normal at first. */
export function makeProxies({ classes, dimension, random }: ProxyOptions) {
  const values = Float32Array.from({ length: classes.length * dimension }, () => random.normal());
  const variable = tf.tidy(() => tf.variable(tf.tensor2d(values, [classes.length, dimension])));
  const rowOf = new Map(classes.map((label, row) => [label, row]));
  /** [n, classes], 1 at the row's own class. @throws KitError `invalid-argument` for a label without a proxy */
  const membership = (labels: ArrayLike<number>): tf.Tensor2D => {
    const ones = new Float32Array(labels.length * classes.length);
    for (let i = 0; i < labels.length; i++) {
      const row = rowOf.get(labels[i]);
      if (row === undefined) {
        throw new KitError(
          'invalid-argument',
          `Row ${i} has the label ${labels[i]}, which has no proxy; give every training class in \`classes\`.`,
        );
      }
      ones[i * classes.length + row] = 1;
    }
    return tf.tensor2d(ones, [labels.length, classes.length]);
  };
  return { variable: variable as tf.Variable<tf.Rank.R2>, membership };
}
