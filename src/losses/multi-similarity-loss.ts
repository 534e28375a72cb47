import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask } from './batch-pairs.js';
import { l2Normalize } from './l2-normalize.js';
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
 * Gradient to S, w the shares inside each logarithm: −w/n for a positive, w/n for a negative. Plain twin:
 * `reference.multiSimilarity`.
 */
export function multiSimilarityLoss(options: MultiSimilarityLossOptions = {}): BatchLoss {
  const { alpha = 2, beta = 50, base = 0.5 } = options;
  return (embeddings, labels) =>
    tf.tidy(() => {
      const n = labels.length;
      const unit = l2Normalize(embeddings);
      const above = tf.matMul(unit, unit, false, true).sub<tf.Tensor2D>(base);
      const negative = tf.tensor2d(negativeMask(labels), [n, n]);
      const positive = tf.onesLike(negative).sub<tf.Tensor2D>(negative).sub<tf.Tensor2D>(tf.eye(n));
      const pull = logOnePlusSumExp(above.mul(-alpha), positive).div(alpha);
      const push = logOnePlusSumExp(above.mul(beta), negative).div(beta);
      return pull.add(push).mean<tf.Scalar>();
    });
}
