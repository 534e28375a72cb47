import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';

/** Ordered pairs of different rows of one class, as two lists of row indices. */
export interface PositivePairs {
  readonly anchors: Int32Array;
  readonly positives: Int32Array;
}

/** Every ordered pair (i, j), i ≠ j, with equal labels, in row order. */
export function positivePairs(labels: ArrayLike<number>): PositivePairs {
  const anchors: number[] = [];
  const positives: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    for (let j = 0; j < labels.length; j++) {
      if (i === j || labels[i] !== labels[j]) continue;
      anchors.push(i);
      positives.push(j);
    }
  }
  return { anchors: Int32Array.from(anchors), positives: Int32Array.from(positives) };
}

/** Every pair once, the lower row as the anchor. */
export function unorderedPositivePairs(labels: ArrayLike<number>): PositivePairs {
  const { anchors, positives } = positivePairs(labels);
  const lowerFirst = (_: number, i: number) => anchors[i] < positives[i];
  return { anchors: anchors.filter(lowerFirst), positives: positives.filter(lowerFirst) };
}

/** [r, n], 1 where the labels of a row and a column differ. @param rows default all, in order */
export function negativeMask(labels: ArrayLike<number>, rows?: ArrayLike<number>): tf.Tensor2D {
  const n = labels.length;
  const chosen = rows ?? Array.from(labels).map((_, row) => row);
  const mask = new Float32Array(chosen.length * n);
  for (let i = 0, at = 0; i < chosen.length; i++) {
    for (let j = 0; j < n; j++, at++) if (labels[chosen[i]] !== labels[j]) mask[at] = 1;
  }
  return tf.tensor2d(mask, [chosen.length, n]);
}

/** [n, n], 1 where the labels of two different rows are equal. */
export function positiveMask(labels: ArrayLike<number>): tf.Tensor2D {
  const n = labels.length;
  const mask = new Float32Array(n * n);
  const { anchors, positives } = positivePairs(labels);
  for (let i = 0; i < anchors.length; i++) mask[anchors[i] * n + positives[i]] = 1;
  return tf.tensor2d(mask, [n, n]);
}

/**
 * The number of classes of an N-pair batch: rows 2i and 2i+1 are the anchor and the positive of class i,
 * every class once (Sohn 2016).
 *
 * @throws KitError `invalid-argument` naming the first row that breaks the order
 */
export function nPairClasses(labels: ArrayLike<number>): number {
  const expected =
    'An N-pair batch holds the anchor and the positive of class i in rows 2i and 2i+1, every class once; sample it with NPairSampler.';
  if (labels.length % 2 !== 0) {
    throw new KitError('invalid-argument', `The batch has ${labels.length} rows, an odd number. ${expected}`);
  }
  const seen = new Set<number>();
  for (let row = 0; row < labels.length; row += 2) {
    if (labels[row] !== labels[row + 1]) {
      throw new KitError(
        'invalid-argument',
        `Rows ${row} and ${row + 1} have the labels ${labels[row]} and ${labels[row + 1]}. ${expected}`,
      );
    }
    if (seen.has(labels[row])) {
      throw new KitError('invalid-argument', `Class ${labels[row]} appears again in row ${row}. ${expected}`);
    }
    seen.add(labels[row]);
  }
  return seen.size;
}
