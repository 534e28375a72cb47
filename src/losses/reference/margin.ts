import type { MarginLossOptions } from '../margin-loss.js';
import { addScaled, dot, type LossAndGradient, minus, zerosLike } from './gradient-matrix.js';
import { onUnitSphere } from './unit-length.js';

/**
 * Mean of [α + y_ij (D_ij − β)]₊ over the pairs where it is positive (Wu et al. 2017), M of them: ∂x_i = y_ij (x_i−x_j)/(D_ij M),
 * ∂x_j its opposite, and 0 where D = 0.
 *
 * @param options as `marginLoss` takes them
 */
export function margin(
  points: number[][],
  labels: number[],
  options: MarginLossOptions = {},
): LossAndGradient {
  const { margin = 0.2, beta = 1.2, normalize = 'all', triplets } = options;
  const overPairs = (x: number[][]): LossAndGradient => {
    const mined = triplets?.({
      vectors: Float32Array.from(x.flat()),
      dimension: x[0].length,
      labels: Int32Array.from(labels),
    });
    const pairs =
      mined === undefined
        ? labels.flatMap((_, i) => labels.flatMap((_, j) => (i < j ? [[i, j]] : [])))
        : Array.from(mined.anchors).flatMap((a, i) => [
            [a, mined.positives[i]],
            [a, mined.negatives[i]],
          ]);
    const violated = pairs.flatMap(([i, j]) => {
      const difference = minus(x[i], x[j]);
      const distance = Math.sqrt(dot(difference, difference));
      const sign = labels[i] === labels[j] ? 1 : -1;
      const cost = margin + sign * (distance - beta);
      return cost > 0 ? [{ i, j, difference, distance, sign, cost }] : [];
    });
    const gradient = zerosLike(x);
    let loss = 0;
    for (const { i, j, difference, distance, sign, cost } of violated) {
      loss += cost / violated.length;
      if (distance === 0) continue;
      const slope = sign / (distance * violated.length);
      addScaled(gradient[i], slope, difference);
      addScaled(gradient[j], -slope, difference);
    }
    return { loss, gradient };
  };
  return normalize === 'all' ? onUnitSphere(points, overPairs) : overPairs(points);
}
