import { describe, expect, it } from 'vitest';
import { classDisjointSplit } from '../../src/datasets/class-disjoint-split.js';
import { heldOutPicturesSplit } from '../../src/datasets/held-out-pictures-split.js';
import { layOutExperiment } from '../../src/experiments/experiment-file.js';
import { experimentOnPictures, googlenetModels } from '../../src/experiments/own-pictures.js';
import { samplerFromSpec } from '../../src/experiments/sampler-from-spec.js';

function setOf(classSizes: readonly number[]) {
  const items = classSizes.flatMap((size, label) =>
    Array.from({ length: size }, (_, i) => ({ path: `${label}/${i}.jpg`, label })),
  );
  return { name: 'mine', classNames: classSizes.map(String), items };
}

const same = (classes: number, pictures: number) => Array.from({ length: classes }, () => pictures);
const sizes: [string, number[]][] = [
  ['4 classes × 4 pictures', same(4, 4)],
  ['5 classes × 8 pictures', same(5, 8)],
  ['9 classes × 3 to 11 pictures', same(9, 0).map((_, i) => 3 + i)],
  ['10 classes × 2 pictures', same(10, 2)],
  ['11 classes × 30 pictures', same(11, 30)],
  ['42 classes × 59 pictures', same(42, 59)],
  ['98 classes × 42 pictures', same(98, 42)],
  ['1,000 classes × 3 pictures', same(1000, 3)],
  ['10,000 classes × 5 pictures', same(10_000, 5)],
];

describe.each([
  ['a network from scratch', undefined],
  ['a head on GoogLeNet', googlenetModels],
] as const)('the experiment on one’s own pictures, %s,', (_, backbone) => {
  it.each(sizes)(
    'fits %s: its splits hold what every batch and K asks for',
    (__, classSizes) => {
      const content = experimentOnPictures({ directory: 'My Pictures/Käfer', classSizes, backbone });
      expect(content.name).toBe(backbone === undefined ? 'ka-fer' : 'ka-fer-googlenet');
      const set = setOf(classSizes);
      for (const profile of ['smoke', 'quick', 'full']) {
        const { specs } = layOutExperiment(content, 'test', { profile });
        expect(new Set(specs.map(({ method }) => method)).size).toBe(backbone === undefined ? 8 : 5);
        for (const { split, batch, evaluation, loss, steps } of specs) {
          if (split.name === 'paper' || split.name === 'folds') throw new Error('unexpected split');
          const { train, validation, test } =
            split.name === 'held-out-pictures'
              ? heldOutPicturesSplit(set, split)
              : classDisjointSplit(set, split);
          const classesOf = (items: readonly number[]) =>
            new Set(items.map((item) => set.items[item].label)).size;
          expect(Math.min(...[train, validation, test].map(classesOf))).toBeGreaterThanOrEqual(2);
          expect(Math.max(...evaluation.ks)).toBeLessThan(test.length);
          if (loss === null) continue;
          expect(steps).toBeGreaterThanOrEqual(20);
          samplerFromSpec(
            batch,
            Int32Array.from(train, (item) => set.items[item].label),
            1,
          );
        }
      }
    },
    30_000,
  );
});

describe('a split with held-out pictures', () => {
  const set = setOf([8, 8, 8, 2, 8]);
  const split = heldOutPicturesSplit(set, { test: 0.4, validation: 0.35, seed: 1 });
  const classesOf = (items: readonly number[]) => new Set(items.map((item) => set.items[item].label));

  it('gives every picture one place, tests on classes that training never sees, and validates on those it does', () => {
    expect([...split.train, ...split.validation, ...split.test].sort((a, b) => a - b)).toEqual([
      ...set.items.keys(),
    ]);
    for (const label of classesOf(split.test)) {
      expect(classesOf(split.train).has(label)).toBe(false);
      expect(classesOf(split.validation).has(label)).toBe(false);
    }
    for (const label of classesOf(split.validation)) expect(classesOf(split.train).has(label)).toBe(true);
  });

  it('refuses what leaves validation or test with one class', () => {
    expect(() => heldOutPicturesSplit(setOf([3, 3, 3, 3]), { test: 0.5, validation: 0.5, seed: 0 })).toThrow(
      /4 classes, which makes 0 for validation/,
    );
    expect(() => heldOutPicturesSplit(setOf([9, 9, 9]), { test: 0.4, validation: 0.5, seed: 0 })).toThrow(
      /makes 1 for test/,
    );
  });
});
