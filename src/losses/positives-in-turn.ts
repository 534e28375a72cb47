import * as tf from '@tensorflow/tfjs';
import { positivePairs } from './batch-pairs.js';
import { oneHot } from './one-hot.js';
import type { ValueAndSlopes } from './pairwise-distances.js';

/**
 * Sums what a loss has for all ordered positive pairs, n of them at a time: every row with its first other row of the class,
 * then with its second, and so on. So memory stays n² however large a class is.
 *
 * @param evaluate from [n, n] with the one at the positive of each row, and no one in a row that has none left
 * @returns null for a batch without a positive pair
 */
export function sumOverPositives(
  labels: ArrayLike<number>,
  evaluate: (positive: tf.Tensor2D) => ValueAndSlopes,
): ValueAndSlopes | null {
  let sum: ValueAndSlopes | null = null;
  for (const columns of positivesInTurn(labels)) {
    const before = sum;
    const after = tf.tidy(() => {
      const part = evaluate(onesAt(tf.tensor1d(columns, 'int32')));
      if (before === null) return { ...part };
      return { value: before.value.add(part.value), slopes: before.slopes.add(part.slopes) };
    }) as ValueAndSlopes;
    if (before !== null) tf.dispose([before.value, before.slopes]);
    sum = after;
  }
  return sum;
}

/** [n, n], the one at the column that each of n rows names; no one for −1. */
export function onesAt(columns: tf.Tensor): tf.Tensor2D {
  return oneHot(columns, columns.size);
}

/** As many lists as the largest class has rows less one: a positive of each row, or −1. */
function positivesInTurn(labels: ArrayLike<number>): Int32Array[] {
  const turns: Int32Array[] = [];
  const taken = new Int32Array(labels.length);
  const { anchors, positives } = positivePairs(labels);
  for (const [i, anchor] of anchors.entries()) {
    const turn = taken[anchor]++;
    turns[turn] ??= new Int32Array(labels.length).fill(-1);
    turns[turn][anchor] = positives[i];
  }
  return turns;
}
