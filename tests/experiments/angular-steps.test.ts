import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { makeLoss } from '../../src/experiments/declared-losses.js';
import { angularHingeLoss, angularLoss, SeededRandom } from '../../src/index.js';

const CLASSES = 5;
const random = new SeededRandom(3);
const rows = Array.from({ length: 2 * CLASSES }, () => Array.from({ length: 4 }, () => random.normal()));
const labels = rows.map((_, i) => Math.floor(i / 2));

const step = (options: Record<string, unknown>) =>
  makeLoss(
    { name: 'module', module: join(__dirname, '../../experiments/losses/angular-steps.ts'), options },
    { classes: [0, 1], dimension: 4, random: new SeededRandom(0) },
  );

const both = (loss: (x: tf.Tensor2D) => tf.Scalar) =>
  tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad((x) => loss(x as tf.Tensor2D))(tf.tensor2d(rows));
    return [value.dataSync()[0], ...grad.dataSync()];
  });

function expectSame(left: readonly number[], right: readonly number[]): void {
  const scale = Math.max(...right.map(Math.abs));
  for (const [i, value] of left.entries()) expect(Math.abs(value - right[i]) / scale).toBeLessThan(1e-5);
}

describe.each([36, 45])('the steps from the hinge to Eq. 8 at %i°', (alphaDegrees) => {
  it('begin with the mean of the hinge over all triplets of a pair and another positive', () => {
    const hinge = angularHingeLoss({ alphaDegrees });
    const triplets = [...Array(CLASSES).keys()].flatMap((i) =>
      [...Array(CLASSES).keys()].filter((j) => j !== i).map((j) => [2 * i, 2 * i + 1, 2 * j + 1]),
    );
    const ofTriplets = both((x) => {
      const [a, p, n] = [0, 1, 2].map((k) =>
        tf.gather(
          x,
          tf.tensor1d(
            triplets.map((triplet) => triplet[k]),
            'int32',
          ),
        ),
      );
      return hinge(a as tf.Tensor2D, p as tf.Tensor2D, n as tf.Tensor2D);
    });
    expectSame(
      both((x) => step({ alphaDegrees, form: 'hinge', lengths: true })(x, labels)),
      ofTriplets,
    );
  });

  it('end with Eq. 8', () => {
    const angular = angularLoss({ alphaDegrees });
    expectSame(
      both((x) => step({ alphaDegrees, form: 'log-sum-exp', lengths: false })(x, labels)),
      both((x) => angular(x, labels)),
    );
  });
});
