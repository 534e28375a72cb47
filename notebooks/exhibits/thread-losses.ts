import * as tf from '@tensorflow/tfjs';

// An exhibit: the losses of a question posted on a public forum in 2018, ported line by line, faults included. The kit's
// own are `tripletHingeLoss` and `angularHingeLoss`.

export interface ThreadLoss {
  /** Of each triplet, [n]. */
  readonly losses: tf.Tensor1D;
  readonly total: tf.Scalar;
}

export function euclideanDistance(a: tf.Tensor2D, b: tf.Tensor2D, squared = false): tf.Tensor1D {
  const epsilon = 1e-12;
  const sum = a.sub(b).square().sum(1);
  return (squared ? sum : sum.add(epsilon).sqrt()) as tf.Tensor1D;
}

export function threadTripletLoss(
  anchor: tf.Tensor2D,
  outA: tf.Tensor2D,
  outB: tf.Tensor2D,
  squared: boolean,
  margin: number,
): ThreadLoss {
  const distancePositive = euclideanDistance(anchor, outA, squared);
  const distanceNegative = euclideanDistance(anchor, outB, squared);
  const losses = tf.maximum(0, distancePositive.sub(distanceNegative).add(margin)) as tf.Tensor1D;
  return { losses, total: losses.mean() };
}

export function threadAngularLoss(
  anchor: tf.Tensor2D,
  outA: tf.Tensor2D,
  outB: tf.Tensor2D,
  inDegree: boolean,
  squared: boolean,
  alpha = 45,
): ThreadLoss {
  const angle = inDegree ? alpha : (alpha * Math.PI) / 180;
  const outC = anchor.add(outA).div(2) as tf.Tensor2D;
  const distancePositive = euclideanDistance(anchor, outA, squared);
  const distanceBC = euclideanDistance(outB, outC, squared);
  const tanDistance = distanceBC.mul(4 * Math.tan(angle) ** 2);
  const losses = tf.maximum(distancePositive.sub(tanDistance), 0) as tf.Tensor1D;
  return { losses, total: losses.mean() };
}
