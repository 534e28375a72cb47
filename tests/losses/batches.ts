import { SeededRandom } from '../../src/seeded-random.js';

export interface Batch {
  readonly points: number[][];
  readonly labels: number[];
}

/** n rows of d standard normal numbers times `scale`. */
export function randomPoints(n: number, d: number, seed: string, scale = 1): number[][] {
  const random = new SeededRandom(seed);
  return Array.from({ length: n }, () => Array.from({ length: d }, () => scale * random.normal()));
}

/** Rows 2i and 2i+1 of class 10 i + 3. */
export function nPairBatch(classes: number, d: number, seed: string, scale = 1): Batch {
  return {
    points: randomPoints(2 * classes, d, seed, scale),
    labels: Array.from({ length: 2 * classes }, (_, row) => 10 * Math.floor(row / 2) + 3),
  };
}

/** Three rows of each class but the last, which has one. */
export function unevenBatch(classes: number, d: number, seed: string, scale = 1): Batch {
  const labels = Array.from({ length: 3 * (classes - 1) + 1 }, (_, row) => -Math.floor(row / 3));
  return { points: randomPoints(labels.length, d, seed, scale), labels };
}
