import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { angularHingeLoss, reference, tripletHingeLoss } from '../../src/index.js';
import { randomPoints } from './batches.js';
import { centralDifferences } from './finite-differences.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Hinge = (a: tf.Tensor2D, p: tf.Tensor2D, n: tf.Tensor2D) => tf.Scalar;

const hinges: {
  name: string;
  tensor: Hinge;
  plain: (a: number[], p: number[], n: number[]) => TripletGradient;
}[] = [
  ...[20, 36, 45, 55].map((alphaDegrees) => ({
    name: `angular, ${alphaDegrees}°`,
    tensor: angularHingeLoss({ alphaDegrees }),
    plain: (a: number[], p: number[], n: number[]) => reference.angularHinge(a, p, n, alphaDegrees),
  })),
  ...([0.2, 3, 'soft'] as const).map((margin) => ({
    name: `triplet, margin ${margin}`,
    tensor: tripletHingeLoss({ margin }),
    plain: (a: number[], p: number[], n: number[]) => reference.tripletHinge(a, p, n, margin),
  })),
];
type TripletGradient = ReturnType<typeof reference.tripletHinge>;

const roles = ['anchor', 'positive', 'negative'] as const;

/** Thirty triplets, active and inactive; negatives of all distances. */
function triplets(scale = 1): number[][][] {
  const [anchors, positives, negatives] = roles.map((role) => randomPoints(30, 4, role, scale));
  return anchors.map((a, i) => [a, positives[i], negatives[i].map((value) => value * (0.1 + i / 10))]);
}

function evaluate(loss: Hinge, rows: number[][][]) {
  const points = roles.map((_, role) => tf.tensor2d(rows.map((triplet) => triplet[role])));
  const { value, grads } = tf.valueAndGrads((a: tf.Tensor, p: tf.Tensor, n: tf.Tensor) =>
    loss(a as tf.Tensor2D, p as tf.Tensor2D, n as tf.Tensor2D),
  )(points);
  return { loss: value.dataSync()[0], gradients: grads.map((grad) => grad.arraySync() as number[][]) };
}

describe.each(hinges)('the hinge of given triplets: $name', ({ tensor, plain }) => {
  it.each([0.1, 1, 10])(
    'is the mean of its plain twin, to 1e-5 in value and gradient, at scale %s',
    (scale) => {
      const rows = triplets(scale).map((triplet) => triplet.map((point) => point.map(Math.fround)));
      const ours = evaluate(tensor, rows);
      const twins = rows.map(([a, p, n]) => plain(a, p, n));
      const mean = twins.reduce((sum, { loss }) => sum + loss / rows.length, 0);
      expect(Math.abs(ours.loss - mean)).toBeLessThanOrEqual(1e-5 * mean);
      for (const [at, role] of roles.entries()) {
        const largest = Math.max(...twins.flatMap(({ gradient }) => gradient[role].map(Math.abs)));
        for (const [i, { gradient }] of twins.entries())
          for (const [j, value] of gradient[role].entries())
            expect(Math.abs(ours.gradients[at][i][j] * rows.length - value)).toBeLessThanOrEqual(
              1e-5 * largest,
            );
      }
    },
  );

  it('has a plain gradient equal to central differences to 1e-7', () => {
    for (const rows of triplets()) {
      const { gradient } = plain(rows[0], rows[1], rows[2]);
      const numeric = centralDifferences(([a, p, n]) => plain(a, p, n).loss, rows);
      const largest = Math.max(1, ...roles.flatMap((role) => gradient[role].map(Math.abs)));
      for (const [at, role] of roles.entries())
        for (const [j, value] of gradient[role].entries())
          expect(Math.abs(numeric[at][j] - value)).toBeLessThan(1e-7 * largest);
    }
  });

  it.each([1e-6, 1, 1e3])(
    'stays finite at scale %s, also where points coincide and in one dimension',
    (scale) => {
      const collapsed = triplets(scale).map(([a]) => [a, a, a]);
      const line = triplets(scale).map((triplet) => triplet.map(([x]) => [x]));
      for (const rows of [triplets(scale), collapsed, line]) {
        const { loss, gradients } = evaluate(tensor, rows);
        expect([loss, ...gradients.flat(2)].every(Number.isFinite)).toBe(true);
      }
    },
  );
});

describe('the triplet hinge on lengths', () => {
  it('stays finite in loss and gradient where points coincide', () => {
    const { loss, gradients } = evaluate(tripletHingeLoss({ distance: 'euclidean' }), [[[1], [1], [1]]]);
    expect([loss, ...gradients.flat(2)].every(Number.isFinite)).toBe(true);
  });
});
