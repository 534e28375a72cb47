import { addScaled, dot, type LossAndGradient, minus, zerosLike } from './gradient-matrix.js';

/**
 * Mean over all pairs of D² for a positive pair, [m − D]₊² for a negative one (Hadsell et al. 2006);
 * with `mean: 'kinds'` the mean over positive pairs plus the mean over negative pairs.
 * ∂x_i of D_ij² = 2(x_i−x_j); of [m−D]₊²: −2[m−D]₊ (x_i−x_j)/D, and 0 where D = 0.
 */
export function contrastive(
  points: number[][],
  labels: number[],
  { margin = 1, mean = 'pairs' }: { margin?: number; mean?: 'pairs' | 'kinds' } = {},
): LossAndGradient {
  const gradient = zerosLike(points);
  const pairs = labels.flatMap((_, i) => labels.flatMap((_, j) => (i < j ? [[i, j]] : [])));
  let loss = 0;
  for (const same of [true, false]) {
    const own = pairs.filter(([i, j]) => (labels[i] === labels[j]) === same);
    const count = mean === 'pairs' ? pairs.length : own.length;
    for (const [i, j] of own) {
      const difference = minus(points[i], points[j]);
      const distance = Math.sqrt(dot(difference, difference));
      const gap = Math.max(0, margin - distance);
      loss += (same ? distance ** 2 : gap ** 2) / count;
      const slope = same ? 2 : distance === 0 ? 0 : (-2 * gap) / distance;
      addScaled(gradient[i], slope / count, difference);
      addScaled(gradient[j], -slope / count, difference);
    }
  }
  return { loss, gradient };
}
