import type * as tf from '@tensorflow/tfjs';
import { type AngularNegatives, angularTerm } from './angular-loss.js';
import type { BatchLoss } from './batch-loss.js';
import { ofEmbeddings } from './closed-form.js';
import { l2Normalize, type UnitLength } from './l2-normalize.js';
import { labelled } from './labelled-batch.js';
import { ANYTHING, FINITE_NUMBER, requireLossOptions } from './loss-options.js';
import { nPairTerm, withPenalty } from './n-pair-loss.js';

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
 * Joint loss "N-pair & angular" (Wang et al. 2017) on one N-pair batch:
 *
 * $$l=l_{\text{N-pair}}+\lambda\,l_{\text{angular}}.$$
 *
 * @gradient
 * The sum of the two losses' own, the angular one times λ:
 *
 * $$\nabla l=\nabla l_{\text{N-pair}}+\lambda\,\nabla l_{\text{angular}}.$$
 *
 * @paperSettings
 * 36° ≤ α ≤ 55° confirmed; λ, the weight of the penalty and normalisation unknown.
 *
 * @twin src/losses/reference/n-pair-angular.ts
 * @proof notebooks/08-the-other-losses-derived.ipynb#joint,joint-check
 * @tests tests/losses/losses.test.ts tests/losses/worked-out-values.test.ts tests/losses/pytorch.test.ts
 * tests/losses/loss-catalogue.ts
 *
 * @throws KitError `invalid-argument` for α outside (0, 90) degrees, or for a batch that is not an N-pair batch
 */
export function nPairAngularLoss(options: NPairAngularLossOptions = {}): BatchLoss {
  requireLossOptions('nPairAngularLoss', options, {
    alphaDegrees: ANYTHING,
    lambda: [FINITE_NUMBER],
    negatives: ['other-positives', 'other-classes'],
    normalize: ['none', 'all', 'angular'],
    l2: [FINITE_NUMBER],
  });
  const { lambda = 2, normalize = 'none', l2 = 0 } = options;
  const angular = angularTerm(options);
  return (embeddings, labels) =>
    ofEmbeddings(labelled(embeddings, labels), (points) => {
      const { unit, toEmbeddings } = normalize === 'none' ? asTheyCame(points) : l2Normalize(points);
      const ofNPair = nPairTerm(normalize === 'all' ? unit : points, labels);
      const ofAngular = angular(unit, labels);
      const toUnit = ofAngular.gradient.mul<tf.Tensor2D>(lambda);
      const gradient =
        normalize === 'all'
          ? toEmbeddings(ofNPair.gradient.add(toUnit))
          : ofNPair.gradient.add<tf.Tensor2D>(toEmbeddings(toUnit));
      const value = ofNPair.value.add<tf.Scalar>(ofAngular.value.mul(lambda));
      return withPenalty({ value, gradient }, points, l2);
    });
}

const asTheyCame = (points: tf.Tensor2D): UnitLength => ({
  unit: points,
  toEmbeddings: (gradient) => gradient,
});
