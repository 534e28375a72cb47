import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  angleAtAnchor,
  angleAtNegative,
  auxiliaryPoint,
  constructedAngleAtNegative,
  degrees,
  guaranteedDistanceRatio,
  LARGEST_ALPHA_OF_RIGHT_NEIGHBOURS,
  midpoint,
  type Point,
  reference,
  tangentAtNegative,
  violatesBound,
  violatingShare,
} from '../../src/index.js';

const distance = (a: Point, b: Point) => Math.hypot(...a.map((value, i) => value - b[i]));
const coordinate = fc.double({ min: -3, max: 3, noNaN: true });
const points = (d: number) =>
  fc.tuple(...[0, 1, 2].map(() => fc.array(coordinate, { minLength: d, maxLength: d })));

describe('the triangle of anchor, positive and negative', () => {
  it('is equilateral: ∠n = 60° and ∠n′ = 30°', () => {
    const triangle = { anchor: [0, 0], positive: [2, 0], negative: [1, Math.sqrt(3)] };
    expect(angleAtNegative(triangle)).toBeCloseTo(60, 10);
    expect(angleAtAnchor(triangle)).toBeCloseTo(60, 10);
    expect(constructedAngleAtNegative(triangle)).toBeCloseTo(30, 10);
    expect(midpoint(triangle)).toEqual([1, 0]);
  });

  it('has x_m on the circle through anchor and positive and perpendicular to x_n − x_c, in two and in five dimensions', () => {
    for (const d of [2, 5]) {
      fc.assert(
        fc.property(points(d), ([anchor, positive, negative]) => {
          const triangle = { anchor, positive, negative };
          const centre = midpoint(triangle);
          fc.pre(distance(negative, centre) > 0.1 && distance(anchor, positive) > 0.1);
          const m = auxiliaryPoint(triangle);
          expect(distance(m, centre)).toBeCloseTo(distance(anchor, positive) / 2, 8);
          expect(
            m.reduce((sum, value, i) => sum + (value - centre[i]) * (negative[i] - centre[i]), 0),
          ).toBeCloseTo(0, 6);
          expect(distance(m, centre) / distance(negative, centre)).toBeCloseTo(
            tangentAtNegative(triangle),
            8,
          );
        }),
      );
    }
  });

  it('has x_m perpendicular to x_n − x_c also where the anchor all but lies on the line through both', () => {
    const triangle = {
      anchor: [2.1868587472456977, 0, 0, 2.983917277313141e-9, 0],
      positive: [0, 0, 0, 0, 0],
      negative: [-2.999999999999997, 0, 0, 0, 0],
    };
    const [m, centre] = [auxiliaryPoint(triangle), midpoint(triangle)];
    const along = m.reduce(
      (sum, value, i) => sum + (value - centre[i]) * (triangle.negative[i] - centre[i]),
      0,
    );
    expect(along).toBeCloseTo(0, 12);
  });

  it('violates the bound exactly where the angular hinge is positive', () => {
    fc.assert(
      fc.property(
        points(3),
        fc.double({ min: 10, max: 80, noNaN: true }),
        ([anchor, positive, negative], alpha) => {
          const { loss } = reference.angularHinge(anchor, positive, negative, alpha);
          fc.pre(loss === 0 || loss > 1e-9);
          expect(violatesBound({ anchor, positive, negative }, degrees(alpha))).toBe(loss > 0);
        },
      ),
    );
  });

  it('keeps its violation under scaling, rotation and translation', () => {
    fc.assert(
      fc.property(
        points(2),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        ([anchor, positive, negative], scale) => {
          const move = ([x, y]: Point) => [scale * (0.6 * x - 0.8 * y) + 5, scale * (0.8 * x + 0.6 * y) - 2];
          const before = tangentAtNegative({ anchor, positive, negative });
          fc.pre(distance(anchor, positive) > 1e-3 && before < 100);
          const after = tangentAtNegative({
            anchor: move(anchor),
            positive: move(positive),
            negative: move(negative),
          });
          expect(after).toBeCloseTo(before, 5);
        },
      ),
    );
  });

  it('counts the share of violating triplets', () => {
    const near = { anchor: [0, 0], positive: [2, 0], negative: [1, 0.1] };
    const far = { anchor: [0, 0], positive: [2, 0], negative: [1, 50] };
    expect(violatingShare([near, far, far, far], degrees(45))).toBe(0.25);
  });

  it('keeps every negative as far as its bound guarantees, in two and in five dimensions', () => {
    for (const d of [2, 5]) {
      fc.assert(
        fc.property(
          points(d),
          fc.double({ min: 5, max: 60, noNaN: true }),
          ([anchor, positive, negative], alpha) => {
            fc.pre(!violatesBound({ anchor, positive, negative }, degrees(alpha)));
            const least = guaranteedDistanceRatio(degrees(alpha)) * distance(anchor, positive);
            expect(distance(anchor, negative)).toBeGreaterThanOrEqual(least - 1e-9);
            expect(distance(positive, negative)).toBeGreaterThanOrEqual(least - 1e-9);
          },
        ),
        { numRuns: 1000 },
      );
    }
  });

  it.each([10, 18.4, 30, 36, 44])('reaches that guarantee behind the anchor at %s°', (alpha) => {
    const negative = [-(1 + 1e-9) / Math.tan((alpha * Math.PI) / 180), 0];
    const triangle = { anchor: [-1, 0], positive: [1, 0], negative };
    expect(violatesBound(triangle, degrees(alpha))).toBe(false);
    expect(distance([-1, 0], negative) / 2).toBeCloseTo(guaranteedDistanceRatio(degrees(alpha)), 6);
  });

  it('guarantees the right neighbour up to arctan(1/3) = 18.43° and nothing from 45° on', () => {
    expect(LARGEST_ALPHA_OF_RIGHT_NEIGHBOURS).toBeCloseTo(18.4349, 4);
    expect(guaranteedDistanceRatio(LARGEST_ALPHA_OF_RIGHT_NEIGHBOURS)).toBeCloseTo(1, 12);
    expect(guaranteedDistanceRatio(degrees(18.5))).toBeLessThan(1);
    expect(guaranteedDistanceRatio(degrees(45))).toBeCloseTo(0, 12);
    expect(guaranteedDistanceRatio(degrees(60))).toBe(0);
  });
});
