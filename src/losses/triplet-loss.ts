import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positivesInTurn } from './batch-pairs.js';
import { ofSquaredDistances, rootOfDistances } from './pairwise-distances.js';
import { penalty, type TripletHingeOptions } from './triplet-hinge-loss.js';

export interface TripletLossOptions extends TripletHingeOptions {
  /**
   * - `all`: every triplet of the batch, inactive ones in the mean.
   * - `semi-hard` (default; FaceNet, section 3.2): for every ordered anchor–positive pair the nearest negative
   *   farther from the anchor than the positive; where there is none, the farthest negative, as TensorFlow's
   *   implementation does.
   * - `batch-hard` (Hermans et al. 2017): for every anchor its farthest positive and nearest negative.
   */
  readonly mining?: 'all' | 'semi-hard' | 'batch-hard';
}

/**
 * Triplet loss of a batch: mean of [D_ap − D_an + m]₊ over the mined triplets (Schroff et al. 2015).
 * Defined as 0, with zero gradient, for a batch without a positive or without a negative.
 *
 * Gradient of one triplet to its distances, T the number of triplets: w/T to D_ap, −w/T to D_an, with w = 1 where it is
 * active (or the logistic function of it); to the points as `tripletHingeLoss` has it. The mining has none. Plain twin:
 * `reference.triplet`.
 */
export function tripletLoss(options: TripletLossOptions = {}): BatchLoss {
  const { margin = 0.2, mining = 'semi-hard', distance = 'squared' } = options;
  const evaluate = { all, 'semi-hard': semiHard, 'batch-hard': batchHard }[mining];
  return (embeddings, labels) =>
    ofSquaredDistances(embeddings, (squared) => {
      const batch = maskedBatch(squared, labels);
      if (batch === null) return { value: tf.scalar(0), slopes: tf.zerosLike(squared) };
      if (distance === 'squared') return evaluate(batch, margin);
      const { distances, derivative } = rootOfDistances(squared);
      const { value, slopes } = evaluate({ ...batch, distances }, margin);
      return { value, slopes: slopes.mul<tf.Tensor2D>(derivative) };
    });
}

/** What a row of distances is compared by: [n, n] all, rows are anchors. */
interface MaskedBatch {
  readonly distances: tf.Tensor2D;
  /** 1 where the column is a negative of the row. */
  readonly negatives: tf.Tensor2D;
  /** The one at a positive of each row that has a negative, in turn: `positivesInTurn`. */
  readonly turns: readonly tf.Tensor2D[];
  /** How many ordered pairs, anchors and triplets there are. */
  readonly counts: { readonly pairs: number; readonly anchors: number; readonly triplets: number };
}

interface ValueAndSlopes {
  readonly value: tf.Scalar;
  readonly slopes: tf.Tensor2D;
}

/** Larger than any distance that counts. */
const FAR = 1e30;

/** Null for a batch without a positive or without a negative. */
function maskedBatch(distances: tf.Tensor2D, labels: ArrayLike<number>): MaskedBatch | null {
  const sizes = new Map<number, number>();
  for (const label of Array.from(labels)) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const counts = { pairs: 0, anchors: 0, triplets: 0 };
  for (const size of sizes.values()) {
    counts.pairs += size * (size - 1);
    counts.anchors += size > 1 ? size : 0;
    counts.triplets += size * (size - 1) * (labels.length - size);
  }
  if (counts.triplets === 0) return null;
  return { distances, negatives: negativeMask(labels), turns: positivesInTurn(labels), counts };
}

/** Σ over every triplet; the slope of D_ap is how many of its triplets are active. */
function all({ distances, negatives, turns, counts }: MaskedBatch, margin: number | 'soft'): ValueAndSlopes {
  const parts = turns.map((positive) => {
    const toPositive = distances.mul(positive).sum<tf.Tensor2D>(1, true);
    const counted = negatives.mul(positive.sum(1, true));
    const { values, slopes } = penalty(toPositive.sub<tf.Tensor2D>(distances), margin);
    const toNegatives = slopes.mul(counted);
    return {
      value: values.mul(counted).sum<tf.Scalar>(),
      slopes: positive.mul(toNegatives.sum(1, true)).sub<tf.Tensor2D>(toNegatives),
    };
  });
  return meanOf(parts, counts.triplets);
}

/** For each pair its own negative. */
function semiHard(batch: MaskedBatch, margin: number | 'soft'): ValueAndSlopes {
  const { distances, negatives, turns, counts } = batch;
  const beyondAll = tf.scalar(1).sub(negatives).mul<tf.Tensor2D>(FAR);
  const farthest = oneAt(distances.sub(beyondAll).argMax(1), distances);
  const parts = turns.map((positive) => {
    const toPositive = distances.mul(positive).sum<tf.Tensor2D>(1, true);
    const farther = distances.sub(toPositive).step().mul<tf.Tensor2D>(negatives);
    const nearest = oneAt(tf.scalar(1).sub(farther).mul(FAR).add(distances).argMin(1), distances);
    const anyFarther = farther.max<tf.Tensor2D>(1, true);
    const negative = nearest.sub(farthest).mul(anyFarther).add<tf.Tensor2D>(farthest);
    return ofTriplets(distances, positive, negative, margin);
  });
  return meanOf(parts, counts.pairs);
}

/** For each anchor its farthest positive and nearest negative. */
function batchHard(batch: MaskedBatch, margin: number | 'soft'): ValueAndSlopes {
  const { distances, negatives, turns, counts } = batch;
  const positives = turns.reduce((sum, positive) => sum.add<tf.Tensor2D>(positive));
  const hasPositive = positives.max<tf.Tensor2D>(1, true);
  const farthest = oneAt(distances.sub(tf.scalar(1).sub(positives).mul(FAR)).argMax(1), distances);
  const nearest = oneAt(distances.add(tf.scalar(1).sub(negatives).mul(FAR)).argMin(1), distances);
  return meanOf([ofTriplets(distances, farthest.mul(hasPositive), nearest, margin)], counts.anchors);
}

/** One triplet for each row: its positive and its negative by their ones; no positive, no triplet. */
function ofTriplets(
  distances: tf.Tensor2D,
  positive: tf.Tensor2D,
  negative: tf.Tensor2D,
  margin: number | 'soft',
): ValueAndSlopes {
  const chosen = positive.sub<tf.Tensor2D>(negative);
  const counted = positive.sum<tf.Tensor2D>(1, true);
  const { values, slopes } = penalty(distances.mul(chosen).sum<tf.Tensor2D>(1, true), margin);
  return { value: values.mul(counted).sum(), slopes: chosen.mul(slopes.mul(counted)) };
}

function meanOf(parts: readonly ValueAndSlopes[], count: number): ValueAndSlopes {
  const sum = parts.reduce((a, b) => ({ value: a.value.add(b.value), slopes: a.slopes.add(b.slopes) }));
  return { value: sum.value.div(count), slopes: sum.slopes.div(count) };
}

/** The one at the column that each row names. */
function oneAt(columns: tf.Tensor, like: tf.Tensor2D): tf.Tensor2D {
  return tf.oneHot(columns as tf.Tensor1D, like.shape[1]).toFloat() as tf.Tensor2D;
}
