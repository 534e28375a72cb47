import { describe, expect, it } from 'vitest';
import {
  boundAngle,
  boundedNegatives,
  descendHinge,
  descentDirection,
  endInWords,
} from '../../notebooks/exhibits/angle-descent.js';
import { angleAtNegative, constructedAngleAtNegative } from '../../src/index.js';

const [anchor, positive] = [
  [-1, 0],
  [1, 0],
];
const at = (...negative: number[]) => ({ anchor, positive, negative });
const norm = (x: readonly number[], y: readonly number[]) => Math.hypot(...x.map((v, i) => v - y[i]));

describe('descent on one triangle', () => {
  it('at 45° from (−0.5, 0.1) ends with zero loss and the negative eight times nearer to the anchor than the positive', () => {
    const { end, loss } = descendHinge(at(-0.5, 0.1), 45);
    expect(loss).toBe(0);
    expect(norm(end.anchor, end.positive)).toBeCloseTo(1.63, 2);
    expect(norm(end.anchor, end.negative)).toBeCloseTo(0.19, 2);
  });

  it('says in words how it ended, also where nothing moved, where all points met and where it is not over', () => {
    const words = (...[start, alpha, options]: Parameters<typeof descendHinge>) =>
      endInWords(descendHinge(start, alpha, options));
    expect(words(at(-0.5, 0.1), 45)).toBe('the negative is nearer');
    expect(words(at(-0.5, 0.1), 18)).toBe('the positive is not farther');
    expect(words(at(0.3, 0.8), 60)).toBe(
      'nothing moves, the bound is met from the start; the negative is nearer',
    );
    expect(words(at(0, 5), 45)).toBe(
      'nothing moves, the bound is met from the start; the positive is not farther',
    );
    expect(words(at(0, 0), 45)).toBe('all three have met: zero loss, and nobody is the nearer');
    expect(words(at(0, 0), 45, { steps: 10 })).toBe('it still costs something');
  });

  it('moves the negative away from the midpoint for the constructed angle, to the line for the plain one', () => {
    const [dx, dy] = descentDirection(constructedAngleAtNegative, at(-1.5, 0.3));
    expect(dx / dy).toBeCloseTo(-5, 4);
    expect(dx).toBeLessThan(0);
    expect(descentDirection(angleAtNegative, at(-1.5, 0.3))[1]).toBeLessThan(0);
  });

  it('stops where the angle is bounded, and leaves alone what is', () => {
    expect(norm(boundAngle(constructedAngleAtNegative, at(0.3, 0.4), 45).negative, [0, 0])).toBeCloseTo(1, 1);
    expect(boundAngle(constructedAngleAtNegative, at(0, 3), 45)).toEqual(at(0, 3));
  });

  it('counts moves and ends', () => {
    const counted = boundedNegatives(
      constructedAngleAtNegative,
      [
        [-0.5, 0.01],
        [0.5, 0.01],
        [0, 5],
      ],
      36,
    );
    expect(counted).toMatchObject({
      starts: 3,
      satisfied: 1,
      nearerAnchor: 1,
      nearerPositive: 1,
      toTheLine: 0,
    });
    expect(counted.leastDistance).toBeCloseTo((1 / Math.tan(Math.PI / 5) - 1) / 2, 1);
    expect(counted.wrongNeighbours).toBe(2);
  });
});
