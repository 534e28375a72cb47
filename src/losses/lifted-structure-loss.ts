import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positivePairs } from './batch-pairs.js';
import { labelled } from './labelled-batch.js';
import { maskedLogSumExp } from './log-sum-exp.js';
import { FINITE_NUMBER, requireLossOptions } from './loss-options.js';
import { ofSquaredDistances, rootOfDistances } from './pairwise-distances.js';
import { sumOverPositives } from './positives-in-turn.js';

export interface LiftedStructureLossOptions {
  /** m. Default 1. */
  readonly margin?: number;
}

/**
 * Lifted structure loss (Song et al. 2016, "Deep Metric Learning via Lifted Structured Feature Embedding", Eq. 4), $D$
 * the Euclidean distance, $P$ the unordered positive pairs, $k$ over the negatives of $i$ and $l$ over those of $j$:
 *
 * $$\frac1{2|P|}\sum_{(i,j)\in P}[J_{ij}]_+^2,\qquad
 * J_{ij}=\log\Bigl(\sum_ke^{m-D_{ik}}+\sum_le^{m-D_{jl}}\Bigr)+D_{ij}.$$
 *
 * 0 for a batch without a positive or without a negative pair.
 *
 * @gradient
 * Of one pair to the distances, $w$ the shares inside its logarithm:
 *
 * $$\frac{\partial}{\partial D_{ij}}=\frac{[J_{ij}]_+}{|P|},\qquad
 * \frac{\partial}{\partial D_{ik}}=-\frac{[J_{ij}]_+}{|P|}\,w_{ik}.$$
 *
 * @paperSettings
 * m = 1, as its authors' code and TensorFlow's implementation have it.
 *
 * @twin src/losses/reference/lifted-structure.ts
 * @proof notebooks/08-the-other-losses-derived.ipynb#lifted,lifted-check
 * @tests tests/losses/losses.test.ts tests/losses/worked-out-values.test.ts tests/losses/pytorch.test.ts
 * tests/losses/loss-catalogue.ts
 */
export function liftedStructureLoss(options: LiftedStructureLossOptions = {}): BatchLoss {
  requireLossOptions('liftedStructureLoss', options, { margin: [FINITE_NUMBER] });
  const { margin = 1 } = options;
  return (embeddings, labels) =>
    ofSquaredDistances(labelled(embeddings, labels), (squared) => {
      const { distances, derivative } = rootOfDistances(squared);
      const exponents = tf.scalar(margin).sub<tf.Tensor2D>(distances);
      const { values: reach, shares } = maskedLogSumExp(exponents, negativeMask(labels));
      // Over both orders of a pair; each has a half of the value and the whole of what goes through the first row's reach.
      const sum = sumOverPositives(labels, (positive) => {
        const ofOther: tf.Tensor2D = tf.matMul(positive, reach);
        const larger = reach.maximum<tf.Tensor2D>(ofOther);
        const parts = [reach, ofOther].map((one) => one.sub(larger).exp() as tf.Tensor2D);
        const both = parts[0].add<tf.Tensor2D>(parts[1]);
        const between = distances.mul(positive).sum<tf.Tensor2D>(1, true);
        const inside: tf.Tensor2D = both.log().add(larger).add(between);
        const violation = inside.relu().mul<tf.Tensor2D>(positive.sum(1, true));
        const throughReach = violation.mul(parts[0]).div<tf.Tensor2D>(both);
        return {
          value: violation.square().sum<tf.Scalar>().div(2),
          slopes: positive.mul(violation.div(2)).sub(shares.mul(throughReach)),
        };
      });
      const onlyOneClass = new Set(Array.from(labels)).size === 1;
      if (sum === null || onlyOneClass) return { value: tf.scalar(0), slopes: tf.zerosLike(squared) };
      const pairs = positivePairs(labels).anchors.length / 2;
      return {
        value: sum.value.div(2 * pairs),
        slopes: sum.slopes.mul(derivative).div(pairs),
      };
    });
}
