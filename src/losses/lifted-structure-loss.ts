import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positivePairs, positivesInTurn } from './batch-pairs.js';
import { maskedLogSumExp } from './log-sum-exp.js';
import { ofSquaredDistances, rootOfDistances } from './pairwise-distances.js';

export interface LiftedStructureLossOptions {
  /** m. Default 1. */
  readonly margin?: number;
}

/**
 * 1/(2|P|) Σ_{(i,j)∈P} [J_ij]₊², J_ij = log(Σ_{k∉class i} exp(m − D_ik) + Σ_{l∉class j} exp(m − D_jl)) + D_ij, with D
 * the Euclidean distance and P the unordered positive pairs (Song et al. 2016, "Deep Metric Learning via Lifted
 * Structured Feature Embedding", Eq. 4). 0 for a batch without a positive or without a negative pair.
 *
 * Gradient of one pair to the distances, w the shares inside the logarithm: J/|P| to D_ij, −w_ik J/|P| to D_ik. Plain twin:
 * `reference.liftedStructure`.
 */
export function liftedStructureLoss(options: LiftedStructureLossOptions = {}): BatchLoss {
  const { margin = 1 } = options;
  return (embeddings, labels) =>
    ofSquaredDistances(embeddings, (squared) => {
      const turns = positivesInTurn(labels);
      if (turns.length === 0 || new Set(Array.from(labels)).size === 1) {
        return { value: tf.scalar(0), slopes: tf.zerosLike(squared) };
      }
      const { distances, derivative } = rootOfDistances(squared);
      const exponents = tf.scalar(margin).sub<tf.Tensor2D>(distances);
      const { values: reach, shares } = maskedLogSumExp(exponents, negativeMask(labels));
      // Both orders of a pair are summed here: a half each.
      const orderedPairs = positivePairs(labels).anchors.length;
      const parts = turns.map((positive) => {
        const counted = positive.sum<tf.Tensor2D>(1, true);
        const ofPositive = tf.matMul(positive, reach);
        const larger = reach.maximum(ofPositive);
        const [ofThis, ofOther] = [reach, ofPositive].map((one) => one.sub(larger).exp());
        const both = ofThis.add<tf.Tensor2D>(ofOther);
        const between = distances.mul(positive).sum<tf.Tensor2D>(1, true);
        const violation = both.log().add(larger).add(between).relu().mul<tf.Tensor2D>(counted);
        const toReach = violation.mul(ofThis).div<tf.Tensor2D>(both).mul<tf.Tensor2D>(2);
        return {
          value: violation.square().sum<tf.Scalar>(),
          toDistances: positive.mul(violation).sub<tf.Tensor2D>(shares.mul(toReach)),
        };
      });
      const sum = parts.reduce((a, b) => ({
        value: a.value.add(b.value),
        toDistances: a.toDistances.add(b.toDistances),
      }));
      return {
        value: sum.value.div(2 * orderedPairs),
        slopes: sum.toDistances.mul(derivative).div(orderedPairs),
      };
    });
}
