import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import type { SeededRandom } from '../seeded-random.js';
import { withClosedForm } from './closed-form.js';
import { l2Normalize } from './l2-normalize.js';

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

/**
 * A loss of the cosine similarities s of n rows to c proxies, differentiated by both: s′ q to the rows and s′ᵀ u to the
 * proxies at unit length, then back to the lengths that they have.
 *
 * @param evaluate from s [n, c], the value and s′ = ∂value/∂s
 */
export function ofSimilarities(
  embeddings: tf.Tensor2D,
  proxies: tf.Tensor2D,
  evaluate: (similarities: tf.Tensor2D) => { readonly value: tf.Scalar; readonly slopes: tf.Tensor2D },
): tf.Scalar {
  return withClosedForm([embeddings, proxies] as const, (x, p) => {
    const [rows, centres] = [l2Normalize(x), l2Normalize(p)];
    const { value, slopes } = evaluate(tf.matMul(rows.unit, centres.unit, false, true));
    return {
      value,
      gradients: [
        rows.toEmbeddings(tf.matMul(slopes, centres.unit)),
        centres.toEmbeddings(tf.matMul(slopes, rows.unit, true)),
      ],
    };
  });
}
