import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as exhibits from '../../notebooks/exhibits/faulty-angular-losses.js';
import { threadAngularLoss, threadTripletLoss } from '../../notebooks/exhibits/thread-losses.js';
import { angularSuspect, tripletSuspect } from '../../notebooks/exhibits/thread-suspects.js';
import { angularHingeLoss, reference, tripletHingeLoss } from '../../src/index.js';
import { nPairBatch, randomPoints } from '../losses/batches.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const rows = (seed: string) => tf.tensor2d(randomPoints(20, 4, seed));
const [a, p, n] = ['a', 'p', 'n'].map((seed) => () => rows(seed));
const value = (scalar: tf.Scalar) => scalar.dataSync()[0];

describe('the losses of the thread, ported with their faults', () => {
  // a = (0,0), p = (2,0), n = (1,1): c = (1,0), ‖a−p‖² = 4, ‖n−c‖² = 1.
  const triangle = [
    [0, 0],
    [2, 0],
    [1, 1],
  ].map((point) => tf.tensor2d([point]));

  it('angular with the flag false and squared distances is the definition: [4 − 4·1]₊ = 0 at 45°', () => {
    expect(value(threadAngularLoss(triangle[0], triangle[1], triangle[2], false, true).total)).toBeCloseTo(
      0,
      5,
    );
    expect(value(threadAngularLoss(a(), p(), n(), false, true).total)).toBeCloseTo(
      value(angularHingeLoss()(a(), p(), n())),
      5,
    );
  });

  it('angular with the flag true reads 45 as radians, which are about 58.3 degrees', () => {
    const misread = value(threadAngularLoss(a(), p(), n(), true, true).total);
    const alphaDegrees = (Math.atan(Math.abs(Math.tan(45))) * 180) / Math.PI;
    expect(alphaDegrees).toBeCloseTo(58.3, 1);
    expect(misread).toBeCloseTo(value(angularHingeLoss({ alphaDegrees })(a(), p(), n())), 5);
  });

  it('angular on lengths costs [2 − 4·1]₊ = 0 where twice the tangent would give [2 − 2·1]₊', () => {
    const near = tf.tensor2d([[1, 0.75]]);
    // [2 − 4·0.75]₊ = 0, though tan ∠n′ = 2/(2·0.75) = 1.33 breaks the bound of 45°.
    expect(value(threadAngularLoss(triangle[0], triangle[1], near, false, false).total)).toBe(0);
    expect(value(angularHingeLoss()(triangle[0], triangle[1], near))).toBeCloseTo(4 - 4 * 0.5625, 5);
  });

  it.each([true, false])('triplet is right, squared: %s', (squared) => {
    const own = tripletHingeLoss({ margin: 0.5, distance: squared ? 'squared' : 'euclidean' })(a(), p(), n());
    expect(value(threadTripletLoss(a(), p(), n(), squared, 0.5).total)).toBeCloseTo(value(own), 5);
  });
});

describe('the suspects between the thread’s losses and Eq. 8', () => {
  const { points, labels } = nPairBatch(4, 3, 'between');
  const classes = [0, 1, 2, 3];
  const [anchors, positives] = [0, 1].map((k) => () => tf.tensor2d(classes.map((i) => points[2 * i + k])));
  const lossOf = (loss: ReturnType<typeof angularSuspect>) => value(loss(anchors(), positives()).total);
  const inside = (i: number, j: number, alpha: number) => {
    const [x, y, z] = [points[2 * i], points[2 * i + 1], points[2 * j + 1]];
    const t = Math.tan((alpha * Math.PI) / 180) ** 2;
    return x.reduce((sum, v, k) => sum + (v - y[k]) ** 2 - 4 * t * (z[k] - (v + y[k]) / 2) ** 2, 0);
  };
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const others = (i: number) => classes.filter((j) => j !== i);

  it.each([20, 36, 45])(
    'hinge at %s°: one negative is the next class, all is the mean, hardest the largest',
    (alphaDegrees) => {
      const hinge = (i: number, j: number) =>
        reference.angularHinge(points[2 * i], points[2 * i + 1], points[2 * j + 1], alphaDegrees).loss;
      const expected = {
        one: mean(classes.map((i) => hinge(i, (i + 1) % 4))),
        all: mean(classes.flatMap((i) => others(i).map((j) => hinge(i, j)))),
        hardest: mean(classes.map((i) => Math.max(...others(i).map((j) => hinge(i, j))))),
      };
      expect(expected.hardest).toBeGreaterThan(expected.all);
      for (const negatives of ['one', 'all', 'hardest'] as const)
        expect(lossOf(angularSuspect({ alphaDegrees, negatives }))).toBeCloseTo(expected[negatives], 4);
    },
  );

  it('a margin stands inside the hinge', () => {
    const expected = mean(classes.map((i) => Math.max(0, inside(i, (i + 1) % 4, 45) + 5)));
    expect(lossOf(angularSuspect({ margin: 5 }))).toBeCloseTo(expected, 4);
  });

  it('smooth: log(1 + Σ exp v)', () => {
    const one = mean(classes.map((i) => Math.log1p(Math.exp(inside(i, (i + 1) % 4, 40)))));
    const all = mean(
      classes.map((i) => Math.log1p(others(i).reduce((sum, j) => sum + Math.exp(inside(i, j, 40)), 0))),
    );
    expect(lossOf(angularSuspect({ alphaDegrees: 40, form: 'smooth' }))).toBeCloseTo(one, 4);
    expect(lossOf(angularSuspect({ alphaDegrees: 40, form: 'smooth', negatives: 'all' }))).toBeCloseTo(
      all,
      4,
    );
  });

  it.each([36, 45])('products over all negatives at %s°: the kit’s Eq. 8', (alphaDegrees) => {
    expect(lossOf(angularSuspect({ alphaDegrees, form: 'products', negatives: 'all' }))).toBeCloseTo(
      reference.angular(points, labels, { alphaDegrees }).loss,
      4,
    );
  });

  it('triplet: one negative is the next class, hardest the nearest to the anchor', () => {
    const triplet = (i: number, j: number) =>
      reference.tripletHinge(points[2 * i], points[2 * i + 1], points[2 * j + 1], 0.5).loss;
    expect(lossOf(tripletSuspect({ margin: 0.5 }))).toBeCloseTo(
      mean(classes.map((i) => triplet(i, (i + 1) % 4))),
      4,
    );
    expect(lossOf(tripletSuspect({ margin: 0.5, negatives: 'hardest' }))).toBeCloseTo(
      mean(classes.map((i) => Math.max(...others(i).map((j) => triplet(i, j))))),
      4,
    );
  });
});

describe('the faults of the wild', () => {
  const { points, labels } = nPairBatch(4, 3, 'wild');

  it('stand beside a definition that is the kit’s', () => {
    expect(exhibits.correct(points, 42)).toBeCloseTo(
      reference.angular(points, labels, { alphaDegrees: 42 }).loss,
      10,
    );
  });

  it.each(Object.entries(exhibits).filter(([name]) => !['correct', 'unguarded'].includes(name)))(
    '%s differs from it',
    (_, faulty) => {
      expect(Math.abs(faulty(points, 42) - exhibits.correct(points, 42))).toBeGreaterThan(1e-2);
    },
  );

  it('unguarded agrees on small points and is infinite on large ones, where the kit is not', () => {
    expect(exhibits.unguarded(points, 42)).toBeCloseTo(exhibits.correct(points, 42), 4);
    const large = points.map((point) => point.map((coordinate) => 10 * coordinate));
    expect(exhibits.unguarded(large, 42)).toBe(Number.POSITIVE_INFINITY);
    expect(Number.isFinite(reference.angular(large, labels, { alphaDegrees: 42 }).loss)).toBe(true);
  });
});
