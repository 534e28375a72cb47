import * as tf from '@tensorflow/tfjs';
import type { SeededRandom } from '../seeded-random.js';

/** Sets a share of the values to zero and scales the others by 1/(1 − share), so that their mean stays (Srivastava et al. 2014). */
export function dropout<T extends tf.Tensor>(x: T, share: number, random: SeededRandom): T {
  return tf.tidy(() => {
    const kept = Float32Array.from({ length: x.size }, () =>
      random.uniform() < share ? 0 : 1 / (1 - share),
    );
    return x.mul<T>(tf.tensor(kept, x.shape));
  });
}
