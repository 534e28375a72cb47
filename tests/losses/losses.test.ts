import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type BatchLoss, startBackend } from '../../src/index.js';
import { nPairBatch, randomPoints } from './batches.js';
import { centralDifferences } from './finite-differences.js';
import { catalogue } from './loss-catalogue.js';

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
  return Math.max(...a.flat().map(Math.abs));
}

/** Batches of the kinds on which losses go wrong, made from a random one. */
const adversaries: Record<string, (points: number[][]) => number[][]> = {
  'two rows that are one point': (points) => points.map((row, i) => (i === 1 ? points[0] : row)),
  'a pair of one class a thousandth apart': (points) =>
    points.map((row, i) => (i === 1 ? points[0].map((value) => value + 1e-3) : row)),
  'two rows of two classes a hundredth apart': (points) =>
    points.map((row, i) => (i === 4 ? points[1].map((value) => value + 1e-2) : row)),
  'lengths from a hundredth to three': (points) =>
    points.map((row, i) => row.map((value) => value * [0.01, 0.1, 1, 3][i % 4])),
  'points far from the origin': (points) => points.map((row) => row.map((value) => value + 4)),
  'points about one line': (points) =>
    points.map((row) => row.map((value, j) => (row[0] * (j + 1)) / 3 + value / 5)),
  'classes turned inside out': (points) =>
    points.map((_, i) => points[(i * 4 + 1) % points.length].map((value) => (i % 2 === 0 ? -value : value))),
  'few values and many ties': (points) => points.map((row) => row.map(Math.round)),
};

// Distances have kernels of their own on wasm, and ordinary operations elsewhere.
describe.each(['cpu', 'wasm'])('on the backend %s,', (backend) => {
  beforeAll(async () => {
    vi.stubEnv('KIT_BACKEND', 'wasm');
    await startBackend({ threads: 1 });
    await tf.setBackend(backend);
  });

  describe.each(catalogue)('$name', ({ name, tensor, plain, batch }) => {
    it('has a plain gradient equal to central differences to 1e-7 of its largest entry', () => {
      const { points, labels } = batch(4, 3, 'differences');
      const { gradient } = plain(points, labels);
      const numeric = centralDifferences((moved) => plain(moved, labels).loss, points);
      expect(largestDifference(gradient, numeric)).toBeLessThan(1e-7 * Math.max(1, largest(gradient)));
    });

    it.each([0.3, 1, 3])(
      'agrees with its plain twin to 1e-5 relative in value and gradient at scale %s',
      (scale) => {
        const { points, labels } = batch(6, 8, `twin ${scale}`, scale);
        expectTwins(points, labels);
      },
    );

    it.each(Object.entries(adversaries))(
      'agrees with its plain twin to 1e-5 relative in value and gradient on %s',
      (kind, distort) => {
        // Which of two equally far rows is mined is a matter of rounding, and the gradient jumps with it.
        if (kind.includes('ties') && name.startsWith('triplet') && !name.includes('all')) return;
        const { points, labels } = batch(5, 6, 'adversary');
        expectTwins(distort(points), labels);
      },
    );

    function expectTwins(points: number[][], labels: number[]): void {
      // Both see the same numbers: those that float32 holds.
      const rounded = points.map((row) => row.map(Math.fround));
      const [ours, twin] = [evaluate(tensor, rounded, labels), plain(rounded, labels)];
      expect([twin.loss, ours.loss, ...ours.gradient.flat()].every(Number.isFinite)).toBe(true);
      expect(Math.abs(ours.loss - twin.loss)).toBeLessThanOrEqual(1e-5 * Math.abs(twin.loss));
      expect(largestDifference(ours.gradient, twin.gradient)).toBeLessThanOrEqual(
        1e-5 * largest(twin.gradient),
      );
    }

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

    it('is defined for two rows, of one class, in one dimension and in three', () => {
      const { loss, gradient } = evaluate(tensor, randomPoints(2, 1, 'two'), [7, 7]);
      expect([loss, ...gradient.flat()].every(Number.isFinite)).toBe(true);
      expectTwins(randomPoints(2, 3, 'two'), [7, 7]);
    });

    it.skipIf(batch === nPairBatch).each([
      ['no two rows of one class', [3, 13, 23, 33]],
      ['rows of one class alone', [7, 7, 7, 7]],
      ['one class of one row beside a pair', [3, 3, -1]],
      ['two rows of two classes', [0, -1]],
    ])('is its plain twin, and finite, on %s', (_, labels) => {
      expectTwins(randomPoints(labels.length, 3, 'degenerate'), labels);
    });

    it('leaves no tensor behind', () => {
      const { points, labels } = batch(4, 3, 'memory');
      evaluate(tensor, points, labels);
      const before = tf.memory().numTensors;
      evaluate(tensor, points, labels);
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  describe.each(catalogue.filter(({ name }) => /^(triplet \(all|contrastive|lifted)/.test(name)))(
    'on many rows, $name',
    ({ tensor, plain, batch }) => {
      it.each<[string, (coordinate: number, i: number, j: number) => number]>([
        ['far from the origin', (coordinate) => coordinate + 300],
        [
          'in two clusters, more close to a row than it can list',
          (coordinate, i, j) => (j === 0 ? coordinate + (i % 2 === 0 ? 8 : -8) : coordinate),
        ],
      ])('agrees with its plain twin to 1e-5 relative in value and gradient %s', (_, distort) => {
        const { points, labels } = batch(15, 6, 'far');
        const rows = points.map((row, i) => row.map((x, j) => Math.fround(distort(x, i, j))));
        const [ours, twin] = [evaluate(tensor, rows, labels), plain(rows, labels)];
        expect(Math.abs(ours.loss - twin.loss)).toBeLessThanOrEqual(1e-5 * Math.abs(twin.loss));
        expect(largestDifference(ours.gradient, twin.gradient)).toBeLessThanOrEqual(
          1e-5 * largest(twin.gradient),
        );
      });
    },
  );
});
