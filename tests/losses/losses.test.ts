import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BatchLoss } from '../../src/index.js';
import { randomPoints } from './batches.js';
import { centralDifferences } from './finite-differences.js';
import { catalogue } from './loss-catalogue.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function evaluate(loss: BatchLoss, points: number[][], labels: number[]) {
  const embeddings = tf.tensor2d(points);
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss(x as tf.Tensor2D, labels))(embeddings);
  const result = { loss: value.dataSync()[0], gradient: grad.arraySync() as number[][] };
  tf.dispose([embeddings, value, grad]);
  return result;
}

function largestDifference(a: number[][], b: number[][]): number {
  return Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i][j]))));
}

function largest(a: number[][]): number {
  return Math.max(...a.flat().map(Math.abs), 1e-12);
}

describe.each(catalogue)('$name', ({ tensor, plain, batch, fixedPoints }) => {
  it('has a plain gradient equal to central differences to 1e-7 of its largest entry', () => {
    const { points, labels } = batch(4, 3, 'differences');
    const { gradient } = plain(points, labels);
    const numeric = centralDifferences((moved) => plain(moved, labels).loss, points);
    expect(largestDifference(gradient, numeric)).toBeLessThan(1e-7 * Math.max(1, largest(gradient)));
  });

  it.each([0.3, 1, 3])('agrees with its plain twin to 1e-5 in value and gradient at scale %s', (scale) => {
    const { points, labels } = batch(6, 8, `twin ${scale}`, scale);
    const [ours, twin] = [evaluate(tensor, points, labels), plain(points, labels)];
    expect(Math.abs(ours.loss - twin.loss)).toBeLessThan(1e-5 * Math.max(1, Math.abs(twin.loss)));
    expect(largestDifference(ours.gradient, twin.gradient)).toBeLessThan(
      1e-5 * Math.max(1, largest(twin.gradient)),
    );
  });

  it.each([1e-6, 1, 1e3])(
    'stays finite in loss and gradient at scale %s, with coinciding rows and in one dimension',
    (scale) => {
      for (const d of [1, 5]) {
        const { points, labels } = batch(4, d, 'finite', scale);
        const twins = points.map((row, i) => (i === 1 ? points[0] : row));
        const collapsed = points.map(() => points[0]);
        for (const rows of [points, twins, collapsed, points.map((row) => row.map(() => 0))]) {
          const { loss, gradient } = evaluate(tensor, rows, labels);
          expect(Number.isFinite(loss)).toBe(true);
          expect(gradient.flat().every(Number.isFinite)).toBe(true);
        }
      }
    },
  );

  it.skipIf(fixedPoints)('does not feel a rotation of all points', () => {
    const { points, labels } = batch(4, 2, 'rotation');
    const turned = points.map(([x, y]) => [0.6 * x - 0.8 * y, 0.8 * x + 0.6 * y]);
    expect(plain(turned, labels).loss).toBeCloseTo(plain(points, labels).loss, 10);
  });

  it('is defined for two rows, of one class', () => {
    const { loss, gradient } = evaluate(tensor, randomPoints(2, 3, 'two'), [7, 7]);
    expect(Number.isFinite(loss)).toBe(true);
    expect(gradient.flat().every(Number.isFinite)).toBe(true);
  });

  it('leaves no tensor behind', () => {
    const { points, labels } = batch(4, 3, 'memory');
    evaluate(tensor, points, labels);
    const before = tf.memory().numTensors;
    evaluate(tensor, points, labels);
    expect(tf.memory().numTensors).toBe(before);
  });
});
