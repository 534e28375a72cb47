import * as tf from '@tensorflow/tfjs';
import { SQUARED_DISTANCES, SQUARED_DISTANCES_GRADIENT } from '../backends/squared-distances.js';
import { ofEmbeddings } from './closed-form.js';
import { oneHot } from './one-hot.js';

/** ‖x−y‖² below this share of ‖x‖² + ‖y‖² has lost too many digits to the difference of products. */
const CLOSE = 0.1;

/** So many of a row's closest others are computed from their differences: bounds the memory. */
const CLOSEST = 8;

/** Larger than any share of a squared distance, which is 2 at most. */
const FAR = 4;

/** The squared distances between all rows, and the way back of a gradient to the rows. */
export interface SquaredDistances {
  /** [n, n], zero on the diagonal, never negative. */
  readonly squared: tf.Tensor2D;
  /**
   * From the derivatives s of a function to each squared distance, [n, n], its gradient to the rows:
   * Σ_j 2 (s_ij + s_ji) (x_i − x_j).
   */
  toPoints(slopes: tf.Tensor2D): tf.Tensor2D;
}

/** A function of squared distances, or of distances, and its derivative to each of them, [n, n]. */
export interface ValueAndSlopes {
  readonly value: tf.Scalar;
  readonly slopes: tf.Tensor2D;
}

/** A loss that is a function of the squared Euclidean distances between the rows of a batch. */
export function ofSquaredDistances(
  embeddings: tf.Tensor2D,
  evaluate: (squared: tf.Tensor2D) => ValueAndSlopes,
): tf.Scalar {
  return ofEmbeddings(embeddings, (points) => {
    const { squared, toPoints } = pairwiseSquaredDistances(points);
    const { value, slopes } = evaluate(squared);
    return { value, gradient: toPoints(slopes) };
  });
}

/**
 * Squared Euclidean distances between all rows of [n, d].
 *
 * ‖x‖² + ‖y‖² − 2xᵀy loses digits, in the distance and more so in its gradient, when points lie far from the origin and
 * close together. So the batch is centred first, which neither feels, and close pairs are computed from their differences:
 * all of them where there is a kernel for it, else those among the eight closest of each row.
 */
export function pairwiseSquaredDistances(points: tf.Tensor2D): SquaredDistances {
  const n = points.shape[0];
  const mean = tf.matMul(tf.fill<tf.Rank.R2>([1, n], 1 / n), points);
  const centred = points.sub<tf.Tensor2D>(mean);
  const products: tf.Tensor2D = tf.matMul(centred, centred, false, true);
  const hasKernel = tf.getKernel(SQUARED_DISTANCES, tf.getBackend()) !== undefined;
  return hasKernel ? byKernels(centred, products) : byOperations(centred, products);
}

function byKernels(centred: tf.Tensor2D, products: tf.Tensor2D): SquaredDistances {
  const run = (name: string, inputs: tf.NamedTensorMap) =>
    tf.engine().runKernel(name, inputs, { close: CLOSE });
  const [squared, lengths] = run(SQUARED_DISTANCES, { x: centred, products }) as unknown as tf.Tensor2D[];
  return {
    squared,
    toPoints: (slopes) =>
      run(SQUARED_DISTANCES_GRADIENT, { x: centred, squared, lengths, slopes }) as tf.Tensor2D,
  };
}

function byOperations(centred: tf.Tensor2D, products: tf.Tensor2D): SquaredDistances {
  const [n, d] = centred.shape;
  const closest = Math.min(CLOSEST, n);
  const itself = tf.eye(n);
  const squaredLengths = centred.square().sum<tf.Tensor2D>(1, true);
  const both = squaredLengths.add<tf.Tensor2D>(squaredLengths.transpose());
  const ofProducts = both.sub(products.mul(2)).relu().mul<tf.Tensor2D>(tf.scalar(1).sub(itself));

  const share = ofProducts.div(both.add(1e-30)).add(itself.mul(FAR));
  const { values, indices } = tf.topk(share.neg(), closest);
  const others = indices.reshape<tf.Tensor1D>([n * closest]);
  const differences = centred
    .expandDims(1)
    .sub<tf.Tensor3D>(tf.gather(centred, others).reshape([n, closest, d]));
  // [n, closest, n], the one at the row that is close: sums of ones and zeros pick and place without rounding.
  const isClose = values.add(CLOSE).step().expandDims(2);
  const places = oneHot(others, n).reshape([n, closest, n]).mul<tf.Tensor3D>(isClose);

  const listed = places.sum<tf.Tensor2D>(1);
  const unlisted = tf.scalar(1).sub<tf.Tensor2D>(listed);
  const ofDifferences = places.mul(differences.square().sum(2, true)).sum<tf.Tensor2D>(1);
  // A pair may be in the list of one of its ends alone.
  const filled = ofDifferences.add(ofDifferences.transpose().mul(unlisted));
  const squared = ofProducts.mul(unlisted).mul(unlisted.transpose()).add<tf.Tensor2D>(filled);

  const toPoints = (slopes: tf.Tensor2D) => {
    const ofPairs = slopes.add<tf.Tensor2D>(slopes.transpose()).mul<tf.Tensor2D>(2);
    const rest = ofPairs.mul<tf.Tensor2D>(unlisted);
    const byProducts = centred.mul(rest.sum(1, true)).sub(tf.matMul(rest, centred));
    const ofClose = places.mul(ofPairs.expandDims(1)).sum(2, true);
    return byProducts.add<tf.Tensor2D>(differences.mul(ofClose).sum(1));
  };
  return { squared, toPoints };
}

/** Distances D from squared ones. */
export interface Distances {
  readonly distances: tf.Tensor2D;
  /** dD/dD² = 1/(2D); where a distance is zero the root has no derivative, and it is set to zero. */
  readonly derivative: tf.Tensor2D;
}

export function rootOfDistances(squared: tf.Tensor2D): Distances {
  const apart = squared.step<tf.Tensor2D>();
  const distances = squared.sqrt<tf.Tensor2D>();
  const divisor = distances.add(tf.scalar(1).sub(apart)).mul(2);
  return { distances, derivative: apart.div(divisor) };
}
