import type { NPairAngularLossOptions } from '../n-pair-angular-loss.js';
import { angular } from './angular.js';
import { addScaled, type LossAndGradient } from './gradient-matrix.js';
import { nPair } from './n-pair.js';
import { onUnitSphere } from './unit-length.js';

/**
 * l_npair + λ l_ang (Wang et al. 2017), with l2 · mean ‖x‖² of the embeddings as they came.
 *
 * @param options as `nPairAngularLoss` takes them; α in degrees
 */
export function nPairAngular(
  points: number[][],
  labels: number[],
  options: NPairAngularLossOptions = {},
): LossAndGradient {
  const { lambda = 2, normalize = 'none', l2 = 0, alphaDegrees, negatives } = options;
  const sphere = (loss: (x: number[][]) => LossAndGradient) => onUnitSphere(points, loss);
  const ofNPair = (x: number[][]) => nPair(x, labels);
  const softmaxTerm = normalize === 'all' ? sphere(ofNPair) : ofNPair(points);
  const angularTerm = angular(points, labels, {
    alphaDegrees,
    negatives,
    normalize: normalize === 'none' ? 'none' : 'all',
  });
  const penalty = nPair(points, labels, { l2 });
  const bare = nPair(points, labels);
  const gradient = softmaxTerm.gradient.map((row, i) => {
    const sum = [...row];
    addScaled(sum, lambda, angularTerm.gradient[i]);
    addScaled(sum, 1, penalty.gradient[i]);
    addScaled(sum, -1, bare.gradient[i]);
    return sum;
  });
  return { loss: softmaxTerm.loss + lambda * angularTerm.loss + penalty.loss - bare.loss, gradient };
}
