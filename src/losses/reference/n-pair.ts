import {
  addScaled,
  dot,
  type LossAndGradient,
  logOnePlusSumOfExponentials,
  zerosLike,
} from './gradient-matrix.js';

/**
 * (1/N) Σ_i log(1 + Σ_{j≠i} exp(a_iᵀp_j − a_iᵀp_i)) + l2 · mean ‖x‖² (Sohn 2016). Rows 2i and 2i+1 of `points` are a_i and p_i.
 *
 * With w_ij the softmax weight of j: ∂a_i = Σ_j w_ij (p_j − p_i)/N, ∂p_j += w_ij a_i/N, ∂p_i −= Σ_j w_ij a_i/N.
 */
export function nPair(
  points: number[][],
  labels: number[],
  { l2 = 0 }: { l2?: number } = {},
): LossAndGradient {
  const classes = labels.length / 2;
  const gradient = zerosLike(points);
  let loss = 0;
  for (let i = 0; i < classes; i++) {
    const [a, p] = [2 * i, 2 * i + 1];
    const negatives = [...Array(classes).keys()].filter((j) => j !== i).map((j) => 2 * j + 1);
    const { value, weights } = logOnePlusSumOfExponentials(
      negatives.map((n) => dot(points[a], points[n]) - dot(points[a], points[p])),
    );
    loss += value / classes;
    for (const [at, n] of negatives.entries()) {
      const weight = weights[at] / classes;
      addScaled(gradient[a], weight, points[n]);
      addScaled(gradient[a], -weight, points[p]);
      addScaled(gradient[n], weight, points[a]);
      addScaled(gradient[p], -weight, points[a]);
    }
  }
  for (const [i, point] of points.entries()) {
    loss += (l2 * dot(point, point)) / points.length;
    addScaled(gradient[i], (2 * l2) / points.length, point);
  }
  return { loss, gradient };
}
