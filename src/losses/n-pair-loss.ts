import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { nPairClasses } from './batch-pairs.js';
import { logOnePlusSumExp } from './log-sum-exp.js';

export interface NPairLossOptions {
  /** Weight of the mean squared length of all embeddings. Default 0. */
  readonly l2?: number;
}

/**
 * N-pair loss (Sohn 2016, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective"):
 * (1/N) Σ_i log(1 + Σ_{j≠i} exp(a_iᵀp_j − a_iᵀp_i)), the softmax cross-entropy of each anchor's products with all
 * positives against its own, plus `l2` times the mean squared length.
 *
 * The products are the logits: on the unit sphere they span only [−1, 1] and the loss hardly moves; leave the
 * embeddings free or put them on a larger sphere.
 *
 * Gradient of one anchor, w_j the share of j inside the logarithm: Σ w_j (p_j − p_i) to a_i, −(Σ w_j) a_i to p_i, w_j a_i to
 * p_j. Plain twin: `reference.nPair`.
 *
 * Takes an N-pair batch: rows 2i and 2i+1 are the anchor and the positive of class i.
 *
 * @throws KitError `invalid-argument` for another batch
 */
export function nPairLoss(options: NPairLossOptions = {}): BatchLoss {
  const { l2 = 0 } = options;
  return (embeddings, labels) =>
    tf.tidy(() => {
      const { anchors, positives, others } = splitNPairBatch(embeddings, labels);
      const products = tf.matMul(anchors, positives, false, true);
      const own = anchors.mul(positives).sum<tf.Tensor2D>(1, true);
      const loss = logOnePlusSumExp(products.sub(own), others).mean<tf.Scalar>();
      return l2 === 0 ? loss : loss.add<tf.Scalar>(embeddings.square().sum(1).mean().mul(l2));
    });
}

/** Anchors [N, d], positives [N, d] and the N × N mask of the other classes. */
export function splitNPairBatch(embeddings: tf.Tensor2D, labels: ArrayLike<number>) {
  const classes = nPairClasses(labels);
  const paired = embeddings.reshape([classes, 2, embeddings.shape[1]]);
  const [anchors, positives] = tf.unstack(paired, 1) as tf.Tensor2D[];
  const others = tf.ones([classes, classes]).sub<tf.Tensor2D>(tf.eye(classes));
  return { anchors, positives, others };
}
