import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanAveragePrecisionAtR, rPrecision } from '../../src/evaluation/mean-average-precision-at-r.js';
import { meanReciprocalRank } from '../../src/evaluation/mean-reciprocal-rank.js';
import { nearestNeighbours } from '../../src/evaluation/nearest-neighbours.js';
import { rankPositives } from '../../src/evaluation/positive-ranks.js';
import { recallAtK } from '../../src/evaluation/recall-at-k.js';
import { SeededRandom } from '../../src/seeded-random.js';
import type { EmbeddingTable } from '../../src/types/embedding-table.js';
import { reordered, scatteredTable } from './random-table.js';

const onLine = (places: number[], labels: number[]): EmbeddingTable => ({
  vectors: Float32Array.from(places),
  dimension: 1,
  labels: Int32Array.from(labels),
});
const euclidean = { metric: 'euclidean' } as const;

describe('retrieval scores', () => {
  // Wide enough for blocks that meet the classes of other blocks by counting, and for classes of many sizes.
  it.each([
    ['cosine', 300, 16],
    ['euclidean', 300, 16],
    ['cosine', 9000, 4],
  ] as const)('are those of sorted neighbour lists (%s, %i rows)', async (metric, n, dimension) => {
    const table = scatteredTable(n, dimension, Math.round(n / 7), 0.4, `lists ${n}`);
    const { labels } = table;
    const { queries, nearest, rPrecision, averagePrecisionAtR } = await rankPositives(table, { metric });
    const k = 120;
    const { indices } = await nearestNeighbours(table, k, { metric });
    const sizes = new Map<number, number>();
    for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
    expect(queries.length).toBe(n);
    for (let row = 0; row < n; row++) {
      const r = (sizes.get(labels[row]) as number) - 1;
      let found = 0;
      let precision = 0;
      let first = Number.POSITIVE_INFINITY;
      for (let rank = 1; rank <= k; rank++) {
        if (labels[indices[row * k + rank - 1]] !== labels[row]) continue;
        first = Math.min(first, rank);
        if (rank <= r) precision += ++found / rank;
      }
      if (first <= k) expect(nearest[row]).toBe(first);
      else expect(nearest[row]).toBeGreaterThan(k);
      expect(rPrecision[row]).toBeCloseTo(r === 0 ? 0 : found / r, 12);
      expect(averagePrecisionAtR[row]).toBeCloseTo(r === 0 ? 0 : precision / r, 12);
    }
  });

  // 0 (A), 1 (B), 2.1 (A), 3.3 (A), 10 (B): the nearest of the own class is second, fourth, second, first, third.
  it('MRR on the line is (½ + ¼ + ½ + 1 + ⅓)/5', async () => {
    const table = onLine([0, 1, 2.1, 3.3, 10], [7, 4, 7, 7, 4]);
    expect(await meanReciprocalRank(table, euclidean)).toBeCloseTo((0.5 + 0.25 + 0.5 + 1 + 1 / 3) / 5, 12);
  });

  it('leave single-image classes out where asked to, still searching among their rows', async () => {
    // 0.2 of class 9 stands between the two of class 1.
    const table = onLine([0, 0.2, 0.5], [1, 9, 1]);
    expect(await recallAtK(table, [1, 2], euclidean)).toEqual({ 1: 0, 2: 2 / 3 });
    const excluded = { ...euclidean, singleImageClasses: 'exclude' } as const;
    expect(await recallAtK(table, [1, 2], excluded)).toEqual({ 1: 0, 2: 1 });
    const alone = onLine([0, 1, 2], [1, 2, 3]);
    expect(await recallAtK(alone, [1], euclidean)).toEqual({ 1: 0 });
    expect(await meanReciprocalRank(alone, euclidean)).toBe(0);
    await expect(recallAtK(alone, [1], excluded)).rejects.toThrow(/None of the 3 rows/);
  });

  it('are perfect for a single class', async () => {
    const table = scatteredTable(50, 3, 1, 1, 'single');
    expect(await recallAtK(table, [1, 49])).toEqual({ 1: 1, 49: 1 });
    expect(await meanAveragePrecisionAtR(table)).toBeCloseTo(1, 12);
  });

  it('count a row of another class at the same distance as nearer', async () => {
    const table = onLine([0, 1, -1, 9], [1, 1, 2, 2]);
    const { nearest } = await rankPositives(table, euclidean);
    expect(Array.from(nearest)).toEqual([2, 1, 3, 3]);
  });

  it('of rows that all coincide are 0, whatever their order', async () => {
    const table = {
      vectors: new Float32Array(40).fill(0.5),
      dimension: 4,
      labels: Int32Array.from({ length: 10 }, (_, i) => i >> 1),
    };
    expect(await recallAtK(table, [1, 8, 9])).toEqual({ 1: 0, 8: 0, 9: 1 });
    expect(await meanAveragePrecisionAtR(table)).toBe(0);
    expect(await rPrecision(table)).toBe(0);
  });

  it('do not feel the order of the rows, nor the names of the classes, among duplicates and ties', async () => {
    const rows = fc.array(
      fc.record({ place: fc.integer({ min: 0, max: 4 }), label: fc.integer({ min: 0, max: 3 }) }),
      {
        minLength: 3,
        maxLength: 24,
      },
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.integer(), async (drawn, seed) => {
        const table = onLine(
          drawn.map(({ place }) => place),
          drawn.map(({ label }) => label),
        );
        const order = new SeededRandom(seed).shuffle([...drawn.keys()]);
        const other = reordered({ ...table, labels: table.labels.map((label) => -1000003 * label) }, order);
        const [here, there] = [await rankPositives(table, euclidean), await rankPositives(other, euclidean)];
        expect(order.map((row) => here.nearest[row])).toEqual(Array.from(there.nearest));
        expect(order.map((row) => here.averagePrecisionAtR[row])).toEqual(
          Array.from(there.averagePrecisionAtR),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('refuse a K that no row has neighbours for', async () => {
    const table = scatteredTable(5, 2, 2, 1, 'small');
    await expect(recallAtK(table, [1, 5])).rejects.toThrow(
      /K = 5; each K must be a whole number between 1 and 4/,
    );
    await expect(recallAtK(table, [])).rejects.toThrow(/K = nothing/);
  });
});
