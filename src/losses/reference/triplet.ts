import { addScaled, dot, type LossAndGradient, minus, zerosLike } from './gradient-matrix.js';
import { tripletHinge } from './triplet-hinge.js';

/**
 * Mean of [‖a−p‖² − ‖a−n‖² + m]₊ over the mined triplets of a batch (Schroff et al. 2015), squared distances.
 *
 * @param options.mining `all`, `semi-hard` (default) or `batch-hard`, as `tripletLoss` describes them
 */
export function triplet(
  points: number[][],
  labels: number[],
  options: { margin?: number | 'soft'; mining?: 'all' | 'semi-hard' | 'batch-hard' } = {},
): LossAndGradient {
  const { margin = 0.2, mining = 'semi-hard' } = options;
  const squared = (i: number, j: number) => dot(minus(points[i], points[j]), minus(points[i], points[j]));
  const rows = [...labels.keys()];
  const triplets = rows.flatMap((a) => {
    const positives = rows.filter((p) => p !== a && labels[p] === labels[a]);
    const negatives = rows.filter((n) => labels[n] !== labels[a]);
    if (positives.length === 0 || negatives.length === 0) return [];
    const nearest = (candidates: number[]) =>
      candidates.reduce((best, n) => (squared(a, n) < squared(a, best) ? n : best));
    const farthest = (candidates: number[]) =>
      candidates.reduce((best, n) => (squared(a, n) > squared(a, best) ? n : best));
    if (mining === 'all') return positives.flatMap((p) => negatives.map((n) => [a, p, n]));
    if (mining === 'batch-hard') return [[a, farthest(positives), nearest(negatives)]];
    return positives.map((p) => {
      const beyond = negatives.filter((n) => squared(a, n) > squared(a, p));
      return [a, p, beyond.length > 0 ? nearest(beyond) : farthest(negatives)];
    });
  });
  const gradient = zerosLike(points);
  let loss = 0;
  for (const [a, p, n] of triplets) {
    const one = tripletHinge(points[a], points[p], points[n], margin);
    loss += one.loss / triplets.length;
    addScaled(gradient[a], 1 / triplets.length, one.gradient.anchor);
    addScaled(gradient[p], 1 / triplets.length, one.gradient.positive);
    addScaled(gradient[n], 1 / triplets.length, one.gradient.negative);
  }
  return { loss, gradient };
}
