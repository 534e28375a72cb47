import { addScaled, dot, type LossAndGradient, minus, zerosLike } from './gradient-matrix.js';

/**
 * Mean of D² over positive pairs plus mean of [m − D]₊² over negative pairs (Hadsell et al. 2006);
 * with `negatives: 'within-margin'` the second mean is over the negative pairs with D < m alone.
 * ∂x_i of D_ij² = 2(x_i−x_j); of [m−D]₊²: −2[m−D]₊ (x_i−x_j)/D, and 0 where D = 0.
 */
export function contrastive(
  points: number[][],
  labels: number[],
  { margin = 1, negatives = 'all' }: { margin?: number; negatives?: 'all' | 'within-margin' } = {},
): LossAndGradient {
  const gradient = zerosLike(points);
  const pairs = labels.flatMap((_, i) => labels.flatMap((_, j) => (i < j ? [[i, j]] : [])));
  const distanceOf = ([i, j]: number[]) => {
    const difference = minus(points[i], points[j]);
    return Math.sqrt(dot(difference, difference));
  };
  let loss = 0;
  for (const same of [true, false]) {
    const own = pairs.filter(
      (pair) =>
        (labels[pair[0]] === labels[pair[1]]) === same &&
        (same || negatives === 'all' || distanceOf(pair) < margin),
    );
    for (const [i, j] of own) {
      const difference = minus(points[i], points[j]);
      const distance = distanceOf([i, j]);
      const gap = Math.max(0, margin - distance);
      loss += (same ? distance ** 2 : gap ** 2) / own.length;
      const slope = same ? 2 : distance === 0 ? 0 : (-2 * gap) / distance;
      addScaled(gradient[i], slope / own.length, difference);
      addScaled(gradient[j], -slope / own.length, difference);
    }
  }
  return { loss, gradient };
}
