import * as tf from '@tensorflow/tfjs';
import type { PositivePairs } from './batch-pairs.js';

/**
 * What pairs give to their two ends, summed for each of the n rows. Each row gathers its own, one pair after another: a
 * scatter would add in an order that differs from run to run on a GPU.
 *
 * @param toAnchors [pairs, d] @param toPositives [pairs, d]
 * @returns [n, d]
 */
export function sumOfPairs(
  { anchors, positives }: PositivePairs,
  toAnchors: tf.Tensor2D,
  toPositives: tf.Tensor2D,
  n: number,
): tf.Tensor2D {
  const pairs = anchors.length;
  const zero = 2 * pairs;
  const turns: Int32Array[] = [];
  const taken = new Int32Array(n);
  for (const [i, row] of [...anchors, ...positives].entries()) {
    const turn = taken[row]++;
    turns[turn] ??= new Int32Array(n).fill(zero);
    turns[turn][row] = i;
  }
  const both = tf.concat2d([toAnchors, toPositives, tf.zeros([1, toAnchors.shape[1]])], 0);
  return turns
    .map((rows) => tf.gather(both, tf.tensor1d(rows, 'int32')))
    .reduce((sum, part) => sum.add(part));
}
