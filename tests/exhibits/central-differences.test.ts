import { expect, it } from 'vitest';
import { centralDifferences, largestDifference } from '../../notebooks/exhibits/central-differences.js';

const value = (x: number[][]) => x[0][0] ** 2 * x[1][0] + 3 * x[1][1];

it('central differences are the gradient of a polynomial', () => {
  const gradient = centralDifferences(value, [
    [2, 5],
    [7, 1],
  ]);
  expect(gradient.flat().map((v) => Math.round(1e6 * v) / 1e6)).toEqual([28, 0, 4, 3]);
});

it('the largest difference is in units of the largest entry', () => {
  expect(largestDifference([[4, 0]], [[4, 1]])).toBe(0.25);
  expect(largestDifference([[4, 0]], [[4, 0]])).toBe(0);
});
