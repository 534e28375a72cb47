import * as tf from '@tensorflow/tfjs';

/** ‖x−y‖² below this share of ‖x‖² + ‖y‖² has lost too many digits to the difference of products. */
const CLOSE = 0.1;

/** So many close pairs a row are computed anew at most: bounds the memory. */
const CLOSE_PAIRS_PER_ROW = 8;

/**
 * Squared Euclidean distances between all rows: [n, d] → [n, n], zero on the diagonal, never negative.
 *
 * ‖x‖² + ‖y‖² − 2xᵀy loses digits, in the distance and more so in its gradient, when points lie far from the origin and
 * close together. So the batch is centred first, which neither feels, and the closest pairs are computed from their
 * differences.
 */
export function pairwiseSquaredDistances(embeddings: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const n = embeddings.shape[0];
    const centred = embeddings.sub<tf.Tensor2D>(tf.tensor(embeddings.mean(0).dataSync()));
    const products = tf.matMul(centred, centred, false, true);
    const norms = centred.square().sum<tf.Tensor2D>(1, true);
    const ofProducts = norms.add(norms.transpose()).sub(products.mul(2)).relu();
    const pairs = closePairs(ofProducts.dataSync<'float32'>(), norms.dataSync<'float32'>());
    const kept = tf.ones<tf.Rank.R2>([n, n]).sub<tf.Tensor2D>(tf.eye(n));
    if (pairs.length === 0) return ofProducts.mul(kept);

    // Incidence [pairs, n]: products with ones and zeros gather and scatter without rounding.
    const [firsts, seconds] = [0, 1].map((side) => {
      const ones = new Float32Array(pairs.length * n);
      for (const [i, pair] of pairs.entries()) ones[i * n + pair[side]] = 1;
      return tf.tensor2d(ones, [pairs.length, n]);
    });
    const ofDifferences = tf
      .matMul(firsts.sub<tf.Tensor2D>(seconds), centred)
      .square()
      .sum<tf.Tensor2D>(1, true);
    const scatter = (values: tf.Tensor2D) => {
      const upper = tf.matMul(firsts.transpose() as tf.Tensor2D, seconds.mul(values));
      return upper.add<tf.Tensor2D>(upper.transpose());
    };
    const anew = scatter(tf.onesLike(ofDifferences));
    return ofProducts.mul(kept.sub(anew)).add(scatter(ofDifferences));
  });
}

/** Pairs (i, j), i < j, whose distance lost digits, the worst first. */
function closePairs(squared: Float32Array, norms: Float32Array): [number, number][] {
  const n = norms.length;
  const pairs: [number, number][] = [];
  const share = ([i, j]: readonly number[]) => squared[i * n + j] / (norms[i] + norms[j]);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) if (share([i, j]) < CLOSE) pairs.push([i, j]);
  }
  const most = CLOSE_PAIRS_PER_ROW * n;
  return pairs.length <= most ? pairs : pairs.sort((a, b) => share(a) - share(b)).slice(0, most);
}

/** Euclidean distances from squared ones. Where a distance is zero the root has no gradient; it is set to zero. */
export function rootOfDistances(squared: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const apart = tf.tensor2d(
      squared.dataSync<'float32'>().map((value) => (value > 0 ? 1 : 0)),
      squared.shape,
    );
    return squared.add(tf.onesLike(apart).sub(apart)).sqrt().mul(apart);
  });
}
