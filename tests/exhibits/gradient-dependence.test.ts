import { describe, expect, it } from 'vitest';
import {
  descentArrows,
  gradientDependence,
  type Hinge,
  ROLES,
} from '../../notebooks/exhibits/gradient-dependence.js';
import { reference } from '../../src/index.js';

const triplet: Hinge = (a, p, n) => reference.tripletHinge(a, p, n, 0.2);
const angular =
  (alpha: number): Hinge =>
  (a, p, n) =>
    reference.angularHinge(a, p, n, alpha);
const at = (...negative: number[]) => ({ anchor: [-1, 0], positive: [1, 0.3], negative });
const table = (hinge: Hinge, points: ReturnType<typeof at>) => {
  const { state, changes } = gradientDependence(hinge, points);
  return { state, rows: ROLES.map((role) => ROLES.map((by) => Math.round(1e4 * changes[role][by]) / 1e4)) };
};

describe('which points a gradient depends on', () => {
  it('of the triplet, two: each leaves out one', () => {
    expect(table(triplet, at(0.2, 0.4))).toEqual({
      state: 'active',
      rows: [
        [0, 2, 2],
        [2, 2, 0],
        [2, 0, 2],
      ],
    });
  });

  it('of the angular hinge, all three, but for the anchor’s and the positive’s own at 45°', () => {
    const t = Math.tan(Math.PI / 6) ** 2;
    expect(table(angular(30), at(0.2, 0.4)).rows.flat()).toEqual(
      [2 - 2 * t, 2 + 2 * t, 4 * t, 2 + 2 * t, 2 - 2 * t, 4 * t, 4 * t, 4 * t, 8 * t].map(
        (value) => Math.round(1e4 * value) / 1e4,
      ),
    );
    expect(table(angular(45), at(0.2, 0.4)).rows).toEqual([
      [0, 4, 4],
      [4, 0, 4],
      [4, 4, 8],
    ]);
  });

  it('says so where the triplet is satisfied, and where a move of a little decides', () => {
    expect(table(angular(36), at(1.6, 0.9))).toEqual({ state: 'satisfied', rows: Array(3).fill([0, 0, 0]) });
    const rim = { anchor: [-1, 0], positive: [1, 0], negative: [0, 1] };
    expect(gradientDependence(angular(45), rim).state).toBe('at its kink');
  });
});

describe('arrows of descent', () => {
  it('are opposite to the gradients, the longest half of the longest side', () => {
    const { title, arrows } = descentArrows('triplet', triplet, { ...at(0, 1), positive: [1, 0] });
    expect(title).toBe('triplet');
    const [anchor, positive, negative] = arrows.map(({ from, to }) => to.map((value, i) => value - from[i]));
    expect(positive[0]).toBeCloseTo(-1, 9);
    expect(positive[1]).toBeCloseTo(0, 9);
    expect(anchor).toEqual([0.5, -0.5].map((value) => expect.closeTo(value, 9)));
    expect(negative).toEqual([0.5, 0.5].map((value) => expect.closeTo(value, 9)));
  });

  it('have no length, and say why, where nothing moves', () => {
    const satisfied = descentArrows('angular, 36°', angular(36), at(1.6, 0.9));
    expect(satisfied.title).toBe('angular, 36°: satisfied, nothing moves');
    for (const { from, to } of satisfied.arrows) expect(to).toEqual(from);
    const met = { anchor: [1, 2], positive: [1, 2], negative: [1, 2] };
    expect(descentArrows('triplet', triplet, met).title).toBe('triplet: no gradient');
  });
});
