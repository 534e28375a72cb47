import { tangentSquared } from '../../geometry/tangent-squared.js';
import type { AngularLossOptions } from '../angular-loss.js';
import {
  addScaled,
  dot,
  type LossAndGradient,
  logOnePlusSumOfExponentials,
  zerosLike,
} from './gradient-matrix.js';
import { onUnitSphere } from './unit-length.js';

/**
 * Mean over (anchor, positive) pairs of log(1 + Σ_n exp f), f = 4t (a+p)ᵀn − 2(1+t) aᵀp, t = tan²α (Wang et al. 2017, Eq. 8).
 *
 * With w_n the softmax weight of n: ∂a = Σ w_n (4t n − 2(1+t) p), ∂p = Σ w_n (4t n − 2(1+t) a), ∂n = 4t w_n (a+p).
 *
 * @param options as `angularLoss` takes them; α in degrees
 */
export function angular(
  points: number[][],
  labels: number[],
  options: AngularLossOptions = {},
): LossAndGradient {
  const { alphaDegrees = 45, negatives = 'other-positives', normalize = 'none' } = options;
  const t = tangentSquared(alphaDegrees);
  const evaluate = (x: number[][]) => angularOf(x, labels, t, negatives === 'other-positives');
  return normalize === 'all' ? onUnitSphere(points, evaluate) : evaluate(points);
}

function angularOf(x: number[][], labels: number[], t: number, nPairBatch: boolean): LossAndGradient {
  const gradient = zerosLike(x);
  const rows = [...labels.keys()];
  const pairs = nPairBatch
    ? rows.filter((row) => row % 2 === 0).map((row) => [row, row + 1])
    : rows.flatMap((a) => rows.filter((p) => p !== a && labels[p] === labels[a]).map((p) => [a, p]));
  const isNegative = (n: number, a: number) => labels[n] !== labels[a] && (!nPairBatch || n % 2 === 1);
  let loss = 0;
  for (const [a, p] of pairs) {
    const negatives = rows.filter((n) => isNegative(n, a));
    const { value, weights } = logOnePlusSumOfExponentials(
      negatives.map((n) => 4 * t * (dot(x[a], x[n]) + dot(x[p], x[n])) - 2 * (1 + t) * dot(x[a], x[p])),
    );
    loss += value / pairs.length;
    for (const [at, n] of negatives.entries()) {
      const weight = weights[at] / pairs.length;
      addScaled(gradient[a], 4 * t * weight, x[n]);
      addScaled(gradient[p], 4 * t * weight, x[n]);
      addScaled(gradient[n], 4 * t * weight, x[a]);
      addScaled(gradient[n], 4 * t * weight, x[p]);
      addScaled(gradient[a], -2 * (1 + t) * weight, x[p]);
      addScaled(gradient[p], -2 * (1 + t) * weight, x[a]);
    }
  }
  return { loss, gradient };
}
