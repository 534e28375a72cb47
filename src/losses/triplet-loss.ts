import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positiveMask } from './batch-pairs.js';
import { labelled } from './labelled-batch.js';
import { FINITE_NUMBER, requireLossOptions } from './loss-options.js';
import { ofSquaredDistances, rootOfDistances, type ValueAndSlopes } from './pairwise-distances.js';
import { onesAt, sumOverPositives } from './positives-in-turn.js';
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
 * Triplet loss of a batch (Schroff et al. 2015, "FaceNet"): over the $T$ mined triplets,
 *
 * $$\frac1T\sum_{(a,p,n)}\bigl[D_{ap}-D_{an}+m\bigr]_+,\qquad D_{ij}=\lVert x_i-x_j\rVert^2.$$
 *
 * Defined as 0, with zero gradient, for a batch without a positive or without a negative. With `distance` `euclidean`
 * $D$ is the length itself.
 *
 * @gradient
 * Of one triplet to its distances, $w=1$ where it is active (or the logistic function of it); to the points as
 * `tripletHingeLoss` has it. The mining has none.
 *
 * $$\frac{\partial}{\partial D_{ap}}=\frac wT,\qquad\frac{\partial}{\partial D_{an}}=-\frac wT.$$
 *
 * @paperSettings
 * FaceNet: m = 0.2, squared distances of embeddings at unit length, semi-hard negatives.
 *
 * @twin src/losses/reference/triplet.ts
 * @proof notebooks/05-triplet-and-its-limits.ipynb#derivation,proof,code-check
 * @tests tests/losses/losses.test.ts tests/losses/worked-out-values.test.ts tests/losses/pytorch.test.ts
 * tests/losses/loss-catalogue.ts tests/mining/miners.test.ts
 */
export function tripletLoss(options: TripletLossOptions = {}): BatchLoss {
  requireLossOptions('tripletLoss', options, {
    margin: [FINITE_NUMBER, 'soft'],
    mining: ['all', 'semi-hard', 'batch-hard'],
    distance: ['squared', 'euclidean'],
  });
  const { margin = 0.2, mining = 'semi-hard', distance = 'squared' } = options;
  const mine = { all: ofAll, 'semi-hard': ofSemiHard, 'batch-hard': ofBatchHard }[mining];
  return (embeddings, labels) =>
    ofSquaredDistances(labelled(embeddings, labels), (squared) => {
      if (distance === 'squared') return mine(squared, labels, margin);
      const { distances, derivative } = rootOfDistances(squared);
      const { value, slopes } = mine(distances, labels, margin);
      return { value, slopes: slopes.mul<tf.Tensor2D>(derivative) };
    });
}

type Margin = number | 'soft';

/** Larger than any distance that counts. */
const FAR = 1e30;

/** The slope of D_ap is how many triplets of the pair are active. */
function ofAll(distances: tf.Tensor2D, labels: ArrayLike<number>, margin: Margin): ValueAndSlopes {
  const negatives = negativeMask(labels);
  const sum = sumOverPositives(labels, (positive) => {
    const toPositive = distances.mul(positive).sum<tf.Tensor2D>(1, true);
    const counted = negatives.mul<tf.Tensor2D>(positive.sum(1, true));
    const { values, slopes } = penalty(toPositive.sub<tf.Tensor2D>(distances), margin);
    const toNegatives = slopes.mul<tf.Tensor2D>(counted);
    const ofPositive = toNegatives.sum<tf.Tensor2D>(1, true);
    return {
      value: values.mul(counted).sum(),
      slopes: positive.mul(ofPositive).sub(toNegatives),
    };
  });
  return meanOf(sum, distances, countTriplets(labels).triplets);
}

/** For each pair its own negative. */
function ofSemiHard(distances: tf.Tensor2D, labels: ArrayLike<number>, margin: Margin): ValueAndSlopes {
  const negatives = negativeMask(labels);
  const farthest = onesAt(distances.sub(without(negatives)).argMax(1));
  const sum = sumOverPositives(labels, (positive) => {
    const toPositive = distances.mul(positive).sum<tf.Tensor2D>(1, true);
    const farther = distances.sub(toPositive).step().mul<tf.Tensor2D>(negatives);
    const nearest = onesAt(distances.add(without(farther)).argMin(1));
    const anyFarther = farther.max<tf.Tensor2D>(1, true);
    const negative = nearest.sub(farthest).mul(anyFarther).add<tf.Tensor2D>(farthest);
    return ofTriplets(distances, positive, negative, margin);
  });
  return meanOf(sum, distances, countTriplets(labels).pairs);
}

/** For each anchor its farthest positive and nearest negative. */
function ofBatchHard(distances: tf.Tensor2D, labels: ArrayLike<number>, margin: Margin): ValueAndSlopes {
  const [positives, negatives] = [positiveMask(labels), negativeMask(labels)];
  const farthest = onesAt(distances.sub(without(positives)).argMax(1)).mul<tf.Tensor2D>(positives);
  const nearest = onesAt(distances.add(without(negatives)).argMin(1));
  const triplets = ofTriplets(distances, farthest, nearest, margin);
  return meanOf(triplets, distances, countTriplets(labels).anchors);
}

/** One triplet for each row: its positive and its negative by their ones; no positive, no triplet. */
function ofTriplets(
  distances: tf.Tensor2D,
  positive: tf.Tensor2D,
  negative: tf.Tensor2D,
  margin: Margin,
): ValueAndSlopes {
  const chosen = positive.sub<tf.Tensor2D>(negative);
  const { values, slopes } = penalty(distances.mul(chosen).sum<tf.Tensor2D>(1, true), margin);
  const counted = positive.sum<tf.Tensor2D>(1, true);
  return { value: values.mul(counted).sum(), slopes: chosen.mul(slopes.mul(counted)) };
}

function meanOf(sum: ValueAndSlopes | null, distances: tf.Tensor2D, count: number): ValueAndSlopes {
  if (sum === null || count === 0) return { value: tf.scalar(0), slopes: tf.zerosLike(distances) };
  return { value: sum.value.div(count), slopes: sum.slopes.div(count) };
}

/** What puts entries out of the running: 0 where `mask` is 1, else more than any distance. */
function without(mask: tf.Tensor2D): tf.Tensor2D {
  return tf.scalar(1).sub(mask).mul(FAR);
}

/** Ordered positive pairs, anchors and triplets of a batch, of classes with a negative; all of one class have none. */
function countTriplets(labels: ArrayLike<number>) {
  const sizes = new Map<number, number>();
  for (const label of Array.from(labels)) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const counts = { anchors: 0, pairs: 0, triplets: 0 };
  if (sizes.size < 2) return counts;
  for (const size of sizes.values()) {
    counts.anchors += size > 1 ? size : 0;
    counts.pairs += size * (size - 1);
    counts.triplets += size * (size - 1) * (labels.length - size);
  }
  return counts;
}
