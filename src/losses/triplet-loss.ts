import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positivePairs } from './batch-pairs.js';
import { pairwiseSquaredDistances, rootOfDistances } from './pairwise-distances.js';
import { penalty, type TripletHingeOptions, tripletHingeLoss } from './triplet-hinge-loss.js';

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

interface Triplets {
  readonly anchors: number[];
  readonly positives: number[];
  readonly negatives: number[];
}

/**
 * Triplet loss of a batch: mean of [D_ap − D_an + m]₊ over the mined triplets (Schroff et al. 2015).
 * Defined as 0, with zero gradient, for a batch without a positive or without a negative.
 *
 * Gradient of one triplet as `tripletHingeLoss` has it; the mining has none. Plain twin: `reference.triplet`.
 */
export function tripletLoss(options: TripletLossOptions = {}): BatchLoss {
  const { margin = 0.2, mining = 'semi-hard', distance = 'squared' } = options;
  const hinge = tripletHingeLoss({ margin, distance });
  return (embeddings, labels) =>
    tf.tidy(() => {
      const squared = pairwiseSquaredDistances(embeddings);
      if (mining === 'all') {
        return allTriplets(distance === 'squared' ? squared : rootOfDistances(squared), labels, margin);
      }
      const { anchors, positives, negatives } = mine(mining, squared.dataSync(), labels);
      if (anchors.length === 0) return embeddings.sum().mul<tf.Scalar>(0);
      const rows = (indices: number[]) => tf.gather(embeddings, tf.tensor1d(indices, 'int32'));
      return hinge(rows(anchors), rows(positives), rows(negatives));
    });
}

function allTriplets(distances: tf.Tensor2D, labels: ArrayLike<number>, margin: number | 'soft'): tf.Scalar {
  const n = labels.length;
  const { anchors, positives } = positivePairs(labels);
  const mask = tf.tensor2d(negativeMask(labels), [n, n]);
  const anchorIndices = tf.tensor1d(anchors, 'int32');
  const negatives = tf.gather(mask, anchorIndices);
  const triplets = anchors.length === 0 ? 0 : negatives.sum().dataSync()[0];
  if (triplets === 0) return distances.sum().mul(0);
  const flatPositions = Int32Array.from(anchors, (anchor, i) => anchor * n + positives[i]);
  const toPositive = tf.gather(distances.reshape([n * n]), tf.tensor1d(flatPositions, 'int32')).expandDims(1);
  const violations = penalty(toPositive.sub(tf.gather(distances, anchorIndices)), margin);
  return violations.mul(negatives).sum().div<tf.Scalar>(triplets);
}

function mine(
  mining: 'semi-hard' | 'batch-hard',
  distances: ArrayLike<number>,
  labels: ArrayLike<number>,
): Triplets {
  const n = labels.length;
  const triplets: Triplets = { anchors: [], positives: [], negatives: [] };
  for (let a = 0; a < n; a++) {
    const row = (j: number) => distances[a * n + j];
    const positives: number[] = [];
    const negatives: number[] = [];
    for (let j = 0; j < n; j++) {
      if (labels[j] !== labels[a]) negatives.push(j);
      else if (j !== a) positives.push(j);
    }
    if (positives.length === 0 || negatives.length === 0) continue;
    const nearestFirst = (x: number, y: number) => row(x) - row(y) || x - y;
    negatives.sort(nearestFirst);
    const chosen =
      mining === 'semi-hard' ? positives : [positives.reduce((far, j) => (row(j) > row(far) ? j : far))];
    for (const positive of chosen) {
      const farther = negatives.find((j) => row(j) > row(positive)) ?? negatives[negatives.length - 1];
      triplets.anchors.push(a);
      triplets.positives.push(positive);
      triplets.negatives.push(mining === 'semi-hard' ? farther : negatives[0]);
    }
  }
  return triplets;
}
