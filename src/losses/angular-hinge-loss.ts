import type * as tf from '@tensorflow/tfjs';
import { tangentSquared } from '../geometry/tangent-squared.js';
import { withClosedForm } from './closed-form.js';
import { ANYTHING, requireLossOptions } from './loss-options.js';
import { requireTriplets } from './triplet-points.js';

export interface AngularHingeOptions {
  /** α in degrees, the upper bound of the angle at the negative. Default 45; the paper: 36 to 55. */
  readonly alphaDegrees?: number;
}

/**
 * Hinge of the angular loss (Wang et al. 2017, "Deep Metric Learning with Angular Loss", the loss of one triplet before
 * Eq. 8): with $t=\tan^2\alpha$ and $x_c=(x_a+x_p)/2$ the mean over given triplets of
 *
 * $$\bigl[\lVert x_a-x_p\rVert^2-4t\,\lVert x_n-x_c\rVert^2\bigr]_+.$$
 *
 * @gradient
 * Of one triplet where it is active, with $s=x_a+x_p-2x_n$; zero where it is not:
 *
 * $$\frac{\partial}{\partial x_a}=2(x_a-x_p)-2t\,s$$
 *
 * $$\frac{\partial}{\partial x_p}=2(x_p-x_a)-2t\,s$$
 *
 * $$\frac{\partial}{\partial x_n}=4t\,s$$
 *
 * Each sees all three points, but that at 45°, $t=1$, the anchor's own term cancels in its gradient, $4(x_n-x_p)$, and
 * the positive's in its own.
 *
 * @paperSettings
 * 36° ≤ α ≤ 55° confirmed. What it trains with is the batch form, `angularLoss`.
 *
 * @twin src/losses/reference/angular-hinge.ts
 * @proof notebooks/01-angular-loss-in-one-picture.ipynb#gradient-text,gradient-proof,code-check
 * @tests tests/losses/hinges.test.ts tests/losses/worked-out-values.test.ts tests/losses/invariances.test.ts
 *
 * @returns a function of anchors, positives and negatives, each [n, d], to a scalar
 * @throws KitError `invalid-argument` for α outside (0, 90) degrees
 */
export function angularHingeLoss(options: AngularHingeOptions = {}) {
  requireLossOptions('angularHingeLoss', options, { alphaDegrees: ANYTHING });
  const t = tangentSquared(options.alphaDegrees ?? 45);
  return (anchors: tf.Tensor2D, positives: tf.Tensor2D, negatives: tf.Tensor2D): tf.Scalar => {
    requireTriplets(anchors, positives, negatives);
    return withClosedForm([anchors, positives, negatives], (a, p, n) => {
      const side = a.sub(p);
      const toCentre = a.add(p).div(2).sub(n);
      const opposite = side.square().sum(1, true);
      const adjacent = toCentre.square().sum(1, true);
      const violation = opposite.sub(adjacent.mul(4 * t));

      const share = violation.step().div(anchors.shape[0]);
      const ofOpposite = side.mul(share.mul(2));
      const ofAdjacent = toCentre.mul(share.mul(4 * t));
      return {
        value: violation.relu().mean<tf.Scalar>(),
        gradients: [ofOpposite.sub(ofAdjacent), ofOpposite.neg().sub(ofAdjacent), ofAdjacent.mul(2)],
      };
    });
  };
}
