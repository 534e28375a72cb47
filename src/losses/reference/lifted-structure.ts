import { addScaled, dot, type LossAndGradient, minus, zerosLike } from './gradient-matrix.js';

/**
 * 1/(2|P|) Σ_{(i,j)∈P} [J_ij]₊², J_ij = log(Σ_{k∉class i} e^{m−D_ik} + Σ_{l∉class j} e^{m−D_jl}) + D_ij (Song et al. 2016, Eq. 4).
 *
 * ∂D_ij: J/|P|; ∂D_ik: −w_ik J/|P|, w the softmax weights inside the logarithm; ∂x_i of D_ij = (x_i−x_j)/D_ij.
 */
export function liftedStructure(
  points: number[][],
  labels: number[],
  { margin = 1 }: { margin?: number } = {},
): LossAndGradient {
  const gradient = zerosLike(points);
  const rows = [...labels.keys()];
  const distance = (i: number, j: number) =>
    Math.sqrt(dot(minus(points[i], points[j]), minus(points[i], points[j])));
  const pairs = rows.flatMap((i) => rows.filter((j) => i < j && labels[i] === labels[j]).map((j) => [i, j]));
  let loss = 0;
  const addDistanceGradient = (i: number, j: number, slope: number) => {
    const d = distance(i, j);
    if (d === 0) return;
    addScaled(gradient[i], slope / d, minus(points[i], points[j]));
    addScaled(gradient[j], slope / d, minus(points[j], points[i]));
  };
  for (const [i, j] of pairs) {
    const terms = [i, j].flatMap((from) =>
      rows
        .filter((k) => labels[k] !== labels[i])
        .map((k) => ({ from, k, exponent: margin - distance(from, k) })),
    );
    if (terms.length === 0) continue;
    const largest = Math.max(...terms.map(({ exponent }) => exponent));
    const sum = terms.reduce((total, { exponent }) => total + Math.exp(exponent - largest), 0);
    const violation = Math.max(0, largest + Math.log(sum) + distance(i, j));
    loss += violation ** 2 / (2 * pairs.length);
    addDistanceGradient(i, j, violation / pairs.length);
    for (const { from, k, exponent } of terms) {
      addDistanceGradient(from, k, (-violation / pairs.length) * (Math.exp(exponent - largest) / sum));
    }
  }
  return { loss, gradient };
}
