import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as exhibits from '../../notebooks/exhibits/faulty-angular-losses.js';
import {
  hingeOverAllNegatives,
  smoothWithOneNegative,
} from '../../notebooks/exhibits/one-negative-or-all.js';
import { threadAngularLoss, threadTripletLoss } from '../../notebooks/exhibits/thread-losses.js';
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

describe('the forms between the thread’s hinge and Eq. 8', () => {
  const { points, labels } = nPairBatch(4, 3, 'between');
  const classes = [0, 1, 2, 3];

  it('over all negatives: the mean of the kit’s hinge over every anchor and other positive', () => {
    const each = classes.flatMap((i) =>
      classes
        .filter((j) => j !== i)
        .map((j) => reference.angularHinge(points[2 * i], points[2 * i + 1], points[2 * j + 1], 45).loss),
    );
    const mean = each.reduce((sum, loss) => sum + loss, 0) / each.length;
    expect(mean).toBeGreaterThan(0);
    expect(value(hingeOverAllNegatives(tf.tensor2d(points), labels))).toBeCloseTo(mean, 4);
  });

  it('smooth, with one negative: the kit’s batch form where a batch has two classes', () => {
    const [two, twoLabels] = [points.slice(0, 4), labels.slice(0, 4)];
    const of = (rows: number[]) => tf.tensor2d(rows.map((row) => points[row]));
    const { total } = smoothWithOneNegative(of([0, 2]), of([1, 3]), of([3, 1]));
    expect(value(total)).toBeCloseTo(reference.angular(two, twoLabels, { alphaDegrees: 45 }).loss, 5);
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
