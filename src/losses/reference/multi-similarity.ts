import type { MultiSimilarityLossOptions } from '../multi-similarity-loss.js';
import {
  addScaled,
  dot,
  type LossAndGradient,
  logOnePlusSumOfExponentials,
  zerosLike,
} from './gradient-matrix.js';
import { onUnitSphere } from './unit-length.js';

/**
 * Mean over rows of (1/α) log(1 + Σ_P e^{−α(S−λ)}) + (1/β) log(1 + Σ_N e^{β(S−λ)}), S = uᵀv at unit length (Wang et al. 2019,
 * Eq. 15). With w the weights inside each logarithm: ∂S = −w for a positive, +w for a negative.
 */
export function multiSimilarity(
  points: number[][],
  labels: number[],
  options: MultiSimilarityLossOptions = {},
): LossAndGradient {
  const { alpha = 2, beta = 50, base = 0.5 } = options;
  return onUnitSphere(points, (u) => {
    const gradient = zerosLike(u);
    let loss = 0;
    for (const i of labels.keys()) {
      for (const [sharpness, others] of [
        [-alpha, [...labels.keys()].filter((j) => j !== i && labels[j] === labels[i])],
        [beta, [...labels.keys()].filter((j) => labels[j] !== labels[i])],
      ] as const) {
        const { value, weights } = logOnePlusSumOfExponentials(
          others.map((j) => sharpness * (dot(u[i], u[j]) - base)),
        );
        loss += value / Math.abs(sharpness) / labels.length;
        for (const [at, j] of others.entries()) {
          const slope = (Math.sign(sharpness) * weights[at]) / labels.length;
          addScaled(gradient[i], slope, u[j]);
          addScaled(gradient[j], slope, u[i]);
        }
      }
    }
    return { loss, gradient };
  });
}
