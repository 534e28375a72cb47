import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  classDisjointSplit,
  type FixedSizeImageSet,
  KitError,
  loadEmoji,
  loadImageFolder,
} from '../../src/index.js';
import { makePictureFolder, temporaryFolder } from '../picture-folder.js';

describe('emoji', () => {
  let emoji: FixedSizeImageSet;
  const cache = temporaryFolder();
  const previous = process.env.KIT_CACHE;

  beforeAll(async () => {
    process.env.KIT_CACHE = cache;
    emoji = await loadEmoji({ size: 16 });
  });
  afterAll(() => {
    if (previous === undefined) delete process.env.KIT_CACHE;
    else process.env.KIT_CACHE = previous;
  });

  it('are 1,194 concepts in 7,230 pictures, five to seven of each', () => {
    expect([emoji.classNames.length, emoji.items.length]).toEqual([1194, 7230]);
    const sizes = emoji.classNames.map(() => 0);
    for (const { label } of emoji.items) sizes[label]++;
    expect(Math.min(...sizes)).toBe(5);
    expect(Math.max(...sizes)).toBe(7);
    expect(emoji.classNames.some((name) => name.includes('skin'))).toBe(false);
  });

  it('are drawn in colour on white', async () => {
    const index = emoji.items.findIndex(({ path }) => path === 'twemoji/red-heart');
    const { data, width } = await emoji.read(index);
    expect([width, data.length]).toEqual([16, 768]);
    expect(Array.from(data.subarray(0, 3))).toEqual([255, 255, 255]);
    const middle = data.subarray((8 * 16 + 8) * 3, (8 * 16 + 8) * 3 + 3);
    expect(middle[0]).toBeGreaterThan(150);
    expect(middle[1]).toBeLessThan(100);
  });

  it('come from the cache the second time, and a damaged cache is made anew', async () => {
    const [file] = readdirSync(cache).filter((name) => name.startsWith('emoji-16'));
    const start = performance.now();
    expect((await loadEmoji({ size: 16 })).checksum).toBe(emoji.checksum);
    expect(performance.now() - start).toBeLessThan(1500);
    truncateSync(join(cache, file), 1000);
    expect((await loadEmoji({ size: 16 })).checksum).toBe(emoji.checksum);
  });
});

describe('a split by class', () => {
  const set = {
    name: 'made up',
    classNames: Array.from({ length: 20 }, (_, i) => `class ${i}`),
    items: Array.from({ length: 60 }, (_, i) => ({ path: `${i}`, label: i % 20 })),
  };
  const shares = { train: 0.4, validation: 0.1, test: 0.5, seed: 3 };

  it('gives every item of a class to one side, in the shares asked for', () => {
    const split = classDisjointSplit(set, shares);
    const classes = [split.train, split.validation, split.test].map(
      (items) => new Set(items.map((i) => set.items[i].label)),
    );
    expect(classes.map(({ size }) => size)).toEqual([8, 2, 10]);
    expect(new Set(classes.flatMap((side) => [...side])).size).toBe(20);
    expect(split.train.length + split.validation.length + split.test.length).toBe(60);
  });

  it('keeps the test classes when only the shares of the rest change, and changes them with the seed', () => {
    const test = classDisjointSplit(set, shares).test;
    expect(classDisjointSplit(set, { ...shares, train: 0.3, validation: 0.2 }).test).toEqual(test);
    expect(classDisjointSplit(set, { ...shares, seed: 4 }).test).not.toEqual(test);
  });

  it('that leaves a side with fewer than two classes is refused', () => {
    expect(() => classDisjointSplit(set, { ...shares, validation: 0.05 })).toThrow(KitError);
    expect(() => classDisjointSplit(set, { ...shares, validation: 0.05 })).toThrow(
      /0.05 for validation makes 1/,
    );
  });
});

describe('a folder of pictures', () => {
  it('is a class a folder, in alphabetical order, with a checksum of its content', async () => {
    const directory = await makePictureFolder(3, 2);
    const set = await loadImageFolder({ directory });
    expect(set.classNames).toEqual(['class-00', 'class-01', 'class-02']);
    expect(set.items.map(({ label }) => label)).toEqual([0, 0, 1, 1, 2, 2]);
    expect((await loadImageFolder({ directory: await makePictureFolder(3, 2) })).checksum).toBe(set.checksum);
    expect((await set.read(0)).width).toBe(16);
  });
});
