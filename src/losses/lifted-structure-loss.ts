import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positivePairs } from './batch-pairs.js';
import { maskedLogSumExp } from './log-sum-exp.js';
import { pairwiseSquaredDistances, rootOfDistances } from './pairwise-distances.js';

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
    tf.tidy(() => {
      const n = labels.length;
      const ordered = positivePairs(labels);
      const kept = [...ordered.anchors.keys()].filter((i) => ordered.anchors[i] < ordered.positives[i]);
      const negative = negativeMask(labels);
      if (kept.length === 0 || !negative.includes(1)) return embeddings.sum().mul<tf.Scalar>(0);
      const first = kept.map((i) => ordered.anchors[i]);
      const second = kept.map((i) => ordered.positives[i]);

      const distances = rootOfDistances(pairwiseSquaredDistances(embeddings));
      const reach = maskedLogSumExp(tf.scalar(margin).sub(distances), tf.tensor2d(negative, [n, n]));
      const [ofFirst, ofSecond] = [first, second].map((rows) => tf.gather(reach, tf.tensor1d(rows, 'int32')));
      // A constant: through `maximum`, two equal reaches would not share the gradient.
      const larger = tf.tensor1d(ofFirst.maximum(ofSecond).dataSync<'float32'>());
      const both = ofFirst.sub(larger).exp().add(ofSecond.sub(larger).exp()).log().add(larger);
      const flatPositions = first.map((row, i) => row * n + second[i]);
      const between = tf.gather(distances.reshape([n * n]), tf.tensor1d(flatPositions, 'int32'));
      return both
        .add(between)
        .relu()
        .square()
        .sum()
        .div<tf.Scalar>(2 * kept.length);
    });
}
