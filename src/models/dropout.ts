import type { SeededRandom } from '../seeded-random.js';
import type { DropoutMask } from './model.js';

/**
 * What inputs are multiplied by: zero for a share of them, 1/(1 − share) for the others, so that their mean stays
 * (Srivastava et al. 2014).
 */
export function dropoutMask({ shape, share }: DropoutMask, random: SeededRandom): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, () => (random.uniform() < share ? 0 : 1 / (1 - share)));
}
