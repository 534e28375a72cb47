import { describe, expect, it } from 'vitest';
import { KitError, MPerClassSampler, NPairSampler, SeededRandom } from '../../src/index.js';

const labels = [5, 5, 5, 8, 8, 2, 9, 9, 9, 9];

describe('batches', () => {
  it('of N pairs hold two different items of each of N different classes, pair after pair', () => {
    const sampler = new NPairSampler({ labels, classes: 3 });
    for (let i = 0; i < 50; i++) {
      const batch = sampler.batch(new SeededRandom(i));
      const drawn = batch.map((position) => labels[position]);
      expect(drawn.filter((_, row) => row % 2 === 0)).toEqual(drawn.filter((_, row) => row % 2 === 1));
      expect(new Set(drawn).size).toBe(3);
      expect(new Set(batch).size).toBe(6);
    }
  });

  it('of M per class give all items of a class that has fewer, and never draw a class of one', () => {
    const batch = new MPerClassSampler({ labels, classes: 3, imagesPerClass: 4 }).batch(new SeededRandom(1));
    const sizes = new Map<number, number>();
    for (const position of batch) sizes.set(labels[position], (sizes.get(labels[position]) ?? 0) + 1);
    expect(Object.fromEntries(sizes)).toEqual({ 5: 3, 8: 2, 9: 4 });
  });

  it('are the same for the same seed and differ between seeds', () => {
    const sampler = new NPairSampler({ labels, classes: 2 });
    expect(sampler.batch(new SeededRandom(3))).toEqual(sampler.batch(new SeededRandom(3)));
    const different = new Set(
      Array.from({ length: 20 }, (_, seed) => sampler.batch(new SeededRandom(seed)).join()),
    );
    expect(different.size).toBeGreaterThan(5);
  });

  it('that ask for more classes than there are are refused with both numbers', () => {
    expect(() => new NPairSampler({ labels, classes: 4 })).toThrow(KitError);
    expect(() => new NPairSampler({ labels, classes: 4 })).toThrow(/4 classes, but only 3/);
  });
});
