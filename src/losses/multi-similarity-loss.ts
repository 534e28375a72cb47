import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask, positiveMask } from './batch-pairs.js';
import { ofEmbeddings } from './closed-form.js';
import { onUnitSphere } from './l2-normalize.js';
import { labelled } from './labelled-batch.js';
import { logOnePlusSumExp } from './log-sum-exp.js';
import { FINITE_NUMBER, requireLossOptions } from './loss-options.js';

export interface MultiSimilarityLossOptions {
  /** Sharpness for positives. Default 2, the paper's. */
  readonly alpha?: number;
  /** Sharpness for negatives. Default 50, the paper's. */
  readonly beta?: number;
  /** λ, the similarity that parts them. Default 0.5, as in the authors' code. */
  readonly base?: number;
}

/**
 * Multi-similarity loss (Wang et al. 2019, Eq. 15), without its miner. $S$ are the cosine similarities, $P$ and $N$ the
 * positives and the negatives of a row:
 *
 * $$\begin{aligned}\frac1n\sum_i\Bigl[&\frac1\alpha\log\Bigl(1+\sum_{j\in P}e^{-\alpha(S_{ij}-\lambda)}\Bigr)\\
 * &\qquad+\frac1\beta\log\Bigl(1+\sum_{j\in N}e^{\beta(S_{ij}-\lambda)}\Bigr)\Bigr]\end{aligned}$$
 *
 * A kind of pair that a row has not adds 0.
 *
 * @gradient
 * To the similarities, $w$ the shares inside each logarithm; to the points at unit length $(S'+S'^\top)\,u$ with
 * $S'$ what stands here, and from there back to their lengths:
 *
 * $$\frac{\partial}{\partial S_{ij}}=-\frac{w_{ij}}n\ \text{for a positive},\qquad
 * +\frac{w_{ij}}n\ \text{for a negative}.$$
 *
 * @paperSettings
 * α = 2 and β = 50; λ = 0.5 in its authors' code. It trains on the pairs that `multiSimilarityPairs` keeps.
 *
 * @twin src/losses/reference/multi-similarity.ts
 * @proof notebooks/08-the-other-losses-derived.ipynb#multi-similarity,multi-similarity-check
 * @tests tests/losses/losses.test.ts tests/losses/pytorch.test.ts tests/losses/loss-catalogue.ts
 */
export function multiSimilarityLoss(options: MultiSimilarityLossOptions = {}): BatchLoss {
  requireLossOptions('multiSimilarityLoss', options, {
    alpha: [FINITE_NUMBER],
    beta: [FINITE_NUMBER],
    base: [FINITE_NUMBER],
  });
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
