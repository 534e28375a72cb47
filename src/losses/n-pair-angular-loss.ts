import * as tf from '@tensorflow/tfjs';
import { type AngularNegatives, angularLoss } from './angular-loss.js';
import type { BatchLoss } from './batch-loss.js';
import { l2Normalize } from './l2-normalize.js';
import { nPairLoss } from './n-pair-loss.js';

export interface NPairAngularLossOptions {
  /** α in degrees. Default 45. */
  readonly alphaDegrees?: number;
  /** λ, the weight of the angular term. Default 2, as in three public implementations; the paper's own is unknown. */
  readonly lambda?: number;
  /** Negatives of the angular term. Default `other-positives`. */
  readonly negatives?: AngularNegatives;
  /** Unit length for no embedding (default), for all, or for those that the angular term sees. */
  readonly normalize?: 'none' | 'all' | 'angular';
  /** Weight of the mean squared length of all embeddings. Default 0. */
  readonly l2?: number;
}

/**
 * Joint loss "N-pair & angular" (Wang et al. 2017): l_npair + λ l_ang on one N-pair batch.
 *
 * The paper's settings: 36° ≤ α ≤ 55° confirmed; λ, the weight of the penalty and normalisation unknown. The gradient is the
 * sum of the two losses' own. Plain twin: `reference.nPairAngular`.
 *
 * @throws KitError `invalid-argument` for α outside (0, 90) degrees, or for a batch that is not an N-pair batch
 */
export function nPairAngularLoss(options: NPairAngularLossOptions = {}): BatchLoss {
  const { lambda = 2, normalize = 'none', l2 = 0 } = options;
  const angular = angularLoss({ ...options, normalize: 'none' });
  const nPair = nPairLoss();
  return (embeddings, labels) =>
    tf.tidy(() => {
      const unit = normalize === 'none' ? embeddings : l2Normalize(embeddings);
      const joint = nPair(normalize === 'all' ? unit : embeddings, labels).add<tf.Scalar>(
        angular(unit, labels).mul(lambda),
      );
      return l2 === 0 ? joint : joint.add<tf.Scalar>(embeddings.square().sum(1).mean().mul(l2));
    });
}
