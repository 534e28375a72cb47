import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/index.js';
import { nPairBatch, unevenBatch } from './batches.js';
import { catalogue } from './loss-catalogue.js';

type Points = number[][];

const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
const factor = fc.double({ min: 0.1, max: 10, noNaN: true });
const shift = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 });
const seed = fc.integer({ min: 0, max: 1e6 });
const alphas = fc.double({ min: 20, max: 70, noNaN: true });

/** About the third axis by one angle, then about the first by another. */
const turn = (points: Points, first: number, second: number): Points =>
  points.map(([x, y, z]) => {
    const [u, v] = [x * Math.cos(first) - y * Math.sin(first), x * Math.sin(first) + y * Math.cos(first)];
    return [u, v * Math.cos(second) - z * Math.sin(second), v * Math.sin(second) + z * Math.cos(second)];
  });
const move = (points: Points, by: number[]): Points =>
  points.map((row) => row.map((value, j) => value + by[j]));
const scale = (points: Points, by: number): Points => points.map((row) => row.map((value) => by * value));
const close = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-8 * Math.max(1, Math.abs(expected)));

describe.each(catalogue.filter(({ fixedPoints }) => !fixedPoints))('$name', ({ name, plain, batch }) => {
  const normalised = name.includes('normalize all') || name === 'multi-similarity';
  const ofDistances = /^triplet|^contrastive|^lifted|^margin \(normalize none, all/.test(name);

  it('does not feel a rotation', () => {
    fc.assert(
      fc.property(seed, angle, angle, (from, first, second) => {
        const { points, labels } = batch(4, 3, `${from}`);
        close(plain(turn(points, first, second), labels).loss, plain(points, labels).loss);
      }),
      { numRuns: 25 },
    );
  });

  it.runIf(ofDistances)('does not feel a translation', () => {
    fc.assert(
      fc.property(seed, shift, (from, by) => {
        const { points, labels } = batch(4, 3, `${from}`);
        close(plain(move(points, by), labels).loss, plain(points, labels).loss);
      }),
      { numRuns: 25 },
    );
  });

  // The penalty on lengths of the joint loss is on the embeddings as they came.
  it.runIf(normalised && !name.startsWith('N-pair'))('does not feel a scale', () => {
    fc.assert(
      fc.property(seed, factor, (from, by) => {
        const { points, labels } = batch(4, 3, `${from}`);
        close(plain(scale(points, by), labels).loss, plain(points, labels).loss);
      }),
      { numRuns: 25 },
    );
  });

  it.runIf(normalised && !name.startsWith('N-pair'))('has a gradient perpendicular to each point', () => {
    fc.assert(
      fc.property(seed, (from) => {
        const { points, labels } = batch(4, 3, `${from}`);
        for (const [i, row] of plain(points, labels).gradient.entries())
          close(
            row.reduce((sum, value, j) => sum + value * points[i][j], 0),
            0,
          );
      }),
      { numRuns: 25 },
    );
  });

  // The draws of distance-weighted sampling go by the order of the rows.
  it.skipIf(name.includes('distance-weighted'))(
    'does not feel other names of the classes, nor the order in which its pairs or rows come',
    () => {
      fc.assert(
        fc.property(seed, (from) => {
          const { points, labels } = batch(4, 3, `${from}`);
          const together = batch === nPairBatch ? 2 : 1;
          const order = labels.map((_, i) => {
            const group = Math.floor(i / together);
            return together * ((group * 3 + from) % (labels.length / together)) + (i % together);
          });
          fc.pre(new Set(order).size === labels.length);
          const { loss } = plain(points, labels);
          close(
            plain(
              points,
              labels.map((label) => 7 - 3 * label),
            ).loss,
            loss,
          );
          close(
            plain(
              order.map((i) => points[i]),
              order.map((i) => labels[i]),
            ).loss,
            loss,
          );
        }),
        { numRuns: 25 },
      );
    },
  );
});

describe('the hinges of one triplet', () => {
  it('angular: keeps its sign under scale, its value under rotation and translation, and grows by the square of a scale', () => {
    fc.assert(
      fc.property(seed, factor, shift, angle, angle, alphas, (from, by, along, first, second, alpha) => {
        const { points } = unevenBatch(2, 3, `${from}`);
        const loss = ([a, p, n]: Points) => reference.angularHinge(a, p, n, alpha).loss;
        const before = loss(points);
        close(loss(scale(points, by)) / by ** 2, before);
        close(loss(move(turn(points, first, second), along)), before);
      }),
    );
  });

  it('triplet: does not feel rotation and translation; with the margin scaled by the square it scales alike', () => {
    fc.assert(
      fc.property(seed, factor, shift, angle, angle, (from, by, along, first, second) => {
        const { points } = unevenBatch(2, 3, `${from}`);
        const loss = ([a, p, n]: Points, margin: number) => reference.tripletHinge(a, p, n, margin).loss;
        const before = loss(points, 0.5);
        close(loss(move(turn(points, first, second), along), 0.5), before);
        close(loss(scale(points, by), 0.5 * by ** 2) / by ** 2, before);
      }),
    );
  });

  it('have gradients that sum to zero over the three points: a translation does nothing', () => {
    fc.assert(
      fc.property(seed, alphas, (from, alpha) => {
        const [a, p, n] = unevenBatch(2, 3, `${from}`).points;
        for (const { gradient } of [
          reference.angularHinge(a, p, n, alpha),
          reference.tripletHinge(a, p, n, 5),
        ])
          for (const j of [0, 1, 2])
            close(gradient.anchor[j] + gradient.positive[j] + gradient.negative[j], 0);
      }),
    );
  });
});

describe('the batch form of the angular loss', () => {
  it('is the hinge’s inside less its terms in a norm alone, for one negative', () => {
    fc.assert(
      fc.property(seed, alphas, (from, alpha) => {
        const { points, labels } = nPairBatch(2, 3, `${from}`);
        const t = Math.tan((alpha * Math.PI) / 180) ** 2;
        const squares = points.map((row) => row.reduce((sum, value) => sum + value ** 2, 0));
        const inside = ([a, p, n]: Points) => {
          const side = a.reduce((sum, value, j) => sum + (value - p[j]) ** 2, 0);
          return side - 4 * t * n.reduce((sum, value, j) => sum + (value - (a[j] + p[j]) / 2) ** 2, 0);
        };
        const f = [
          inside([points[0], points[1], points[3]]) -
            (1 - t) * (squares[0] + squares[1]) +
            4 * t * squares[3],
          inside([points[2], points[3], points[1]]) -
            (1 - t) * (squares[2] + squares[3]) +
            4 * t * squares[1],
        ];
        const expected =
          f.reduce((sum, v) => sum + Math.max(0, v) + Math.log1p(Math.exp(-Math.abs(v))), 0) / 2;
        close(reference.angular(points, labels, { alphaDegrees: alpha }).loss, expected);
      }),
    );
  });

  it('lies between the largest of 0 and f, and that plus log(N)', () => {
    fc.assert(
      fc.property(seed, alphas, (from, alpha) => {
        const classes = 5;
        const { points, labels } = nPairBatch(classes, 3, `${from}`);
        const t = Math.tan((alpha * Math.PI) / 180) ** 2;
        const dot = (i: number, j: number) =>
          points[i].reduce((sum, value, k) => sum + value * points[j][k], 0);
        const anchors = [...Array(classes).keys()].map((i) => 2 * i);
        const hardest = anchors.map((a) =>
          Math.max(
            0,
            ...anchors
              .filter((b) => b !== a)
              .map((b) => 4 * t * (dot(a, b + 1) + dot(a + 1, b + 1)) - 2 * (1 + t) * dot(a, a + 1)),
          ),
        );
        const least = hardest.reduce((sum, value) => sum + value, 0) / classes;
        const { loss } = reference.angular(points, labels, { alphaDegrees: alpha });
        expect(loss).toBeGreaterThanOrEqual(least - 1e-9);
        expect(loss).toBeLessThanOrEqual(least + Math.log(classes) + 1e-9);
      }),
    );
  });
});
