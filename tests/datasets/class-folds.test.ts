import { describe, expect, it } from 'vitest';
import { classFold } from '../../src/index.js';

const set = {
  name: 'made up',
  classNames: Array.from({ length: 23 }, (_, i) => `class ${i}`),
  items: Array.from({ length: 66 }, (_, i) => ({ path: `${i}`, label: i % 22 })),
};
const options = { count: 4, validation: 0.25, seed: 3 };
const classesOf = (items: readonly number[]) => new Set(items.map((i) => set.items[i].label));

describe('four folds over classes', () => {
  const folds = [0, 1, 2, 3].map((fold) => classFold(set, { ...options, fold }));

  it('test every class that has pictures exactly once, in folds whose sizes differ by one at most', () => {
    const tested = folds.flatMap(({ test }) => [...classesOf(test)]);
    expect([...tested].sort((a, b) => a - b)).toEqual(Array.from({ length: 22 }, (_, i) => i));
    expect(folds.map(({ test }) => classesOf(test).size).sort()).toEqual([5, 5, 6, 6]);
  });

  it('put no class on two sides, and every picture on one', () => {
    for (const { train, validation, test } of folds) {
      const sides = [train, validation, test].map(classesOf);
      expect(new Set(sides.flatMap((side) => [...side])).size).toBe(
        sides.reduce((sum, { size }) => sum + size, 0),
      );
      expect(train.length + validation.length + test.length).toBe(66);
      expect(sides[1].size).toBe(Math.round(0.25 * (22 - sides[2].size)));
    }
  });

  it('are dealt anew with another seed, and stay when the share for validation changes', () => {
    expect(classFold(set, { ...options, fold: 0, seed: 4 }).test).not.toEqual(folds[0].test);
    expect(classFold(set, { ...options, fold: 0, validation: 0.4 }).test).toEqual(folds[0].test);
  });

  it('refuse a fold that is not there', () => {
    expect(() => classFold(set, { ...options, fold: 4 })).toThrow(
      /fold 4 of 4; they are counted from 0 to 3/,
    );
  });
});
