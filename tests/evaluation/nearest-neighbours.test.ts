import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { setEvaluationThreads } from '../../src/evaluation/evaluation-threads.js';
import { kMeans } from '../../src/evaluation/k-means.js';
import { nearestNeighbours } from '../../src/evaluation/nearest-neighbours.js';
import type { KitError } from '../../src/kit-error.js';
import { SeededRandom } from '../../src/seeded-random.js';
import { reordered, scatteredTable } from './random-table.js';

afterEach(() => setEvaluationThreads(0));

describe('nearest neighbours', () => {
  it('of separate queries leave nothing out, and are those of the row that coincides', async () => {
    const gallery = scatteredTable(50, 6, 5, 1, 'gallery');
    const queries = reordered(gallery, [7, 3, 44]);
    for (const metric of ['cosine', 'euclidean'] as const) {
      const { indices } = await nearestNeighbours(gallery, 1, { metric, queries });
      expect(Array.from(indices)).toEqual([7, 3, 44]);
    }
  });

  it('by Euclidean distance are not drowned by an offset that all rows share', async () => {
    const near = scatteredTable(80, 4, 6, 0.5, 'offset');
    const grid = { ...near, vectors: near.vectors.map((value) => Math.round(value * 1024) / 1024) };
    const far = { ...grid, vectors: grid.vectors.map((value) => value + 4096) };
    const [expected, found] = [
      await nearestNeighbours(grid, 5, { metric: 'euclidean' }),
      await nearestNeighbours(far, 5, { metric: 'euclidean' }),
    ];
    expect(found.indices).toEqual(expected.indices);
    expect(Array.from(found.scores)).toEqual(
      Array.from(expected.scores, (score) => expect.closeTo(score, 3)),
    );
  });

  it('report Euclidean distances, rising, and cosine similarities, falling', async () => {
    const table = { vectors: Float32Array.of(0, 0, 3, 4, 6, 8), dimension: 2, labels: new Int32Array(3) };
    const euclidean = await nearestNeighbours(table, 2, { metric: 'euclidean' });
    expect(Array.from(euclidean.scores)).toEqual(
      [5, 10, 5, 5, 5, 10].map((value) => expect.closeTo(value, 5)),
    );
    const { scores } = await nearestNeighbours(table, 2);
    expect(Array.from(scores)).toEqual([0, 0, 1, 0, 1, 0].map((value) => expect.closeTo(value, 6)));
  });

  it('follow the rows when these change places', async () => {
    const table = scatteredTable(60, 5, 8, 1, 'places');
    const { indices } = await nearestNeighbours(table, 4);
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const order = new SeededRandom(seed).shuffle([...table.labels.keys()]);
        const found = await nearestNeighbours(reordered(table, order), 4);
        for (let row = 0; row < order.length; row++) {
          const rows = Array.from(found.indices.subarray(4 * row, 4 * row + 4), (place) => order[place]);
          expect(rows).toEqual(Array.from(indices.subarray(4 * order[row], 4 * order[row] + 4)));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('and clusters are the same to the last bit on one thread and on several', async () => {
    for (const [n, dimension, classes] of [
      [200, 300, 30],
      [1500, 140, 60],
    ]) {
      const table = scatteredTable(n, dimension, classes, 1.5, 'threads');
      const results = [];
      for (const threads of [1, 2, 3]) {
        setEvaluationThreads(threads);
        results.push([await nearestNeighbours(table, 6), await kMeans(table, { k: classes, seed: 1 })]);
      }
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    }
  });

  it('report progress, and stop when they are told to', async () => {
    const table = scatteredTable(40, 3, 4, 1, 'stop');
    const seen: number[][] = [];
    await nearestNeighbours(table, 2, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)).toEqual([40, 40]);
    const stopped = nearestNeighbours(table, 2, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' } satisfies Partial<KitError>);
  });

  it('refuse queries of another dimension', async () => {
    const queries = scatteredTable(4, 2, 2, 1, 'other');
    await expect(nearestNeighbours(scatteredTable(9, 3, 2, 1, 'wide'), 2, { queries })).rejects.toThrow(
      /dimension 2, the table has 3/,
    );
  });
});
