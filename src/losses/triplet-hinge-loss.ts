import type * as tf from '@tensorflow/tfjs';
import { withClosedForm } from './closed-form.js';
import { FINITE_NUMBER, requireLossOptions } from './loss-options.js';
import { requireTriplets } from './triplet-points.js';

export interface TripletHingeOptions {
  /** m, in units of the distance; default 0.2, FaceNet's. `soft`: log(1 + exp(D_ap − D_an)) instead (Hermans et al. 2017). */
  readonly margin?: number | 'soft';
  /** FaceNet bounds squared distances (the default); `euclidean` bounds lengths. */
  readonly distance?: 'squared' | 'euclidean';
}

/**
 * Triplet hinge (Schroff et al. 2015, "FaceNet", section 3.1; the angular loss paper writes it without the mean): the
 * mean over given triplets of
 *
 * $$\bigl[\lVert x_a-x_p\rVert^2-\lVert x_a-x_n\rVert^2+m\bigr]_+.$$
 *
 * @gradient
 * Of one triplet where it is active; zero where it is not:
 *
 * $$\frac{\partial}{\partial x_a}=2(x_n-x_p),\qquad\frac{\partial}{\partial x_p}=2(x_p-x_a),\qquad
 * \frac{\partial}{\partial x_n}=2(x_a-x_n).$$
 *
 * @paperSettings
 * FaceNet: m = 0.2, squared distances of embeddings at unit length.
 *
 * @twin src/losses/reference/triplet-hinge.ts
 * @proof notebooks/05-triplet-and-its-limits.ipynb#derivation,proof,code-check
 * @tests tests/losses/hinges.test.ts tests/losses/worked-out-values.test.ts tests/losses/invariances.test.ts
 *
 * @returns a function of anchors, positives and negatives, each [n, d], to a scalar
 */
export function tripletHingeLoss(options: TripletHingeOptions = {}) {
  requireLossOptions('tripletHingeLoss', options, {
    margin: [FINITE_NUMBER, 'soft'],
    distance: ['squared', 'euclidean'],
  });
  const { margin = 0.2, distance = 'squared' } = options;
  return (anchors: tf.Tensor2D, positives: tf.Tensor2D, negatives: tf.Tensor2D): tf.Scalar => {
    requireTriplets(anchors, positives, negatives);
    return withClosedForm([anchors, positives, negatives], (a, p, n) => {
      const toPositive = sideOf(a.sub(p), distance);
      const toNegative = sideOf(a.sub(n), distance);
      const { values, slopes } = penalty(toPositive.length.sub(toNegative.length), margin);

      const share = slopes.div(anchors.shape[0]);
      const pull = toPositive.gradient.mul(share);
      const push = toNegative.gradient.mul(share);
      return { value: values.mean<tf.Scalar>(), gradients: [pull.sub(push), pull.neg(), push] };
    });
  };
}

/** D of each row of differences x − y, [n, 1], and its gradient to x: 2(x−y) of the square, (x−y)/D of the length. */
function sideOf(difference: tf.Tensor, distance: 'squared' | 'euclidean') {
  const squared = difference.square().sum(1, true);
  if (distance === 'squared') return { length: squared, gradient: difference.mul(2) };
  // 1e-12 under the root keeps the gradient finite where two points coincide.
  const length = squared.add(1e-12).sqrt();
  return { length, gradient: difference.div(length) };
}

/** [D_ap − D_an + m]₊, or its smooth form, and the derivative of it: 1 where active, or the logistic function. */
export function penalty<T extends tf.Tensor>(
  violation: T,
  margin: number | 'soft',
): { values: T; slopes: T } {
  if (margin === 'soft') return { values: violation.softplus<T>(), slopes: violation.sigmoid<T>() };
  const inside = violation.add<T>(margin);
  return { values: inside.relu<T>(), slopes: inside.step<T>() };
}
