import { describe, expect, it } from 'vitest';
import { equalScaleFrame } from '../../notebooks/exhibits/equal-scale-frame.js';

describe('the frame of a chart', () => {
  it.each([
    [
      'wide',
      [
        [-1, 0],
        [3, 1],
      ],
    ],
    [
      'tall',
      [
        [0, -20],
        [1, 30],
      ],
    ],
    [
      'flat',
      [
        [0, 2],
        [5, 2],
      ],
    ],
    ['one point', [[7, 7]]],
  ])('is as long across as up for a unit, and holds every point with room around it: %s', (_, points) => {
    const { width, height, x, y } = equalScaleFrame(points, 330);
    expect(Math.max(width, height)).toBe(330);
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(0.59 * 330);
    const unit = [width / (x[1] - x[0]), height / (y[1] - y[0])];
    expect(Math.abs(unit[0] / unit[1] - 1)).toBeLessThan(0.01);
    for (const [px, py] of points) {
      expect(Math.min(px - x[0], x[1] - px) * unit[0]).toBeGreaterThan(30);
      expect(Math.min(py - y[0], y[1] - py) * unit[1]).toBeGreaterThan(30);
    }
  });
});
