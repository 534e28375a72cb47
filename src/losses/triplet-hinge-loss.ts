import * as tf from '@tensorflow/tfjs';

export interface TripletHingeOptions {
  /** m, in units of the distance; default 0.2, FaceNet's. `soft`: log(1 + exp(D_ap − D_an)) instead (Hermans et al. 2017). */
  readonly margin?: number | 'soft';
  /** FaceNet bounds squared distances (the default); `euclidean` bounds lengths. */
  readonly distance?: 'squared' | 'euclidean';
}

/**
 * Mean of [‖x_a−x_p‖² − ‖x_a−x_n‖² + m]₊ over given triplets (Schroff et al. 2015, "FaceNet", section 3.1; the
 * angular loss paper writes it without the mean).
 *
 * Gradient where active: 2(x_n−x_p) to the anchor, 2(x_p−x_a) to the positive, 2(x_a−x_n) to the negative.
 *
 * @returns a function of anchors, positives and negatives, each [n, d], to a scalar
 */
export function tripletHingeLoss(options: TripletHingeOptions = {}) {
  const { margin = 0.2, distance = 'squared' } = options;
  return (anchors: tf.Tensor2D, positives: tf.Tensor2D, negatives: tf.Tensor2D): tf.Scalar =>
    tf.tidy(() => {
      const length = (difference: tf.Tensor) => {
        const squared = difference.square().sum(1);
        // 1e-12 under the root keeps the gradient finite where two points coincide.
        return distance === 'squared' ? squared : squared.add(1e-12).sqrt();
      };
      const violation = length(anchors.sub(positives)).sub(length(anchors.sub(negatives)));
      return penalty(violation, margin).mean<tf.Scalar>();
    });
}

/** [D_ap − D_an + m]₊, or its smooth form. */
export function penalty(violation: tf.Tensor, margin: number | 'soft'): tf.Tensor {
  return margin === 'soft' ? violation.softplus() : violation.add(margin).relu();
}
