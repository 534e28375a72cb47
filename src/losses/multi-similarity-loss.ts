import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positiveMask } from './batch-pairs.js';
import { ofEmbeddings } from './closed-form.js';
import { onUnitSphere } from './l2-normalize.js';
import { labelled } from './labelled-batch.js';
import { logOnePlusSumExp } from './log-sum-exp.js';

export interface MultiSimilarityLossOptions {
  /** Sharpness for positives. Default 2, the paper's. */
  readonly alpha?: number;
  /** Sharpness for negatives. Default 50, the paper's. */
  readonly beta?: number;
  /** λ, the similarity that parts them. Default 0.5, as in the authors' code. */
  readonly base?: number;
}

/**
 * Multi-Similarity loss (Wang et al. 2019, Eq. 15), without its miner: mean over rows of
 * (1/α) log(1 + Σ_P exp(−α(S−λ))) + (1/β) log(1 + Σ_N exp(β(S−λ))), S the cosine similarities. A kind of pair that a row has
 * not adds 0.
 *
 * Gradient to S, w the shares inside each logarithm: −w/n for a positive, w/n for a negative; to the points (S′ + S′ᵀ) u. Plain twin:
 * `reference.multiSimilarity`.
 */
export function multiSimilarityLoss(options: MultiSimilarityLossOptions = {}): BatchLoss {
  const { alpha = 2, beta = 50, base = 0.5 } = options;
  return (embeddings, labels) =>
    ofEmbeddings(labelled(embeddings, labels), (points) =>
      onUnitSphere(points, (unit) => {
        const above = tf.matMul(unit, unit, false, true).sub<tf.Tensor2D>(base);
        const pull = logOnePlusSumExp(above.mul(-alpha), positiveMask(labels));
        const push = logOnePlusSumExp(above.mul(beta), negativeMask(labels));
        const toSimilarities = push.shares.sub(pull.shares).div<tf.Tensor2D>(labels.length);
        return {
          value: pull.values.div(alpha).add(push.values.div(beta)).mean<tf.Scalar>(),
          gradient: tf.matMul(toSimilarities.add<tf.Tensor2D>(toSimilarities.transpose()), unit),
        };
      }),
    );
}
