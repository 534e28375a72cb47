import { describe, expect, it } from 'vitest';
import { kMeans } from '../../src/evaluation/k-means.js';
import type { EmbeddingTable } from '../../src/types/embedding-table.js';
import { scatteredTable } from './random-table.js';

/** What Lloyd's steps end at: every row with its nearest centroid, every centroid the mean of its rows. */
function expectSettled(
  { vectors, dimension }: EmbeddingTable,
  centroids: Float32Array,
  assignments: Int32Array,
) {
  const k = centroids.length / dimension;
  const squared = (row: number, cluster: number) => {
    let sum = 0;
    for (let i = 0; i < dimension; i++)
      sum += (vectors[row * dimension + i] - centroids[cluster * dimension + i]) ** 2;
    return sum;
  };
  const sums = new Float64Array(centroids.length);
  const sizes = new Int32Array(k);
  let inertia = 0;
  for (const [row, own] of assignments.entries()) {
    const distance = squared(row, own);
    inertia += distance;
    sizes[own]++;
    for (let i = 0; i < dimension; i++) sums[own * dimension + i] += vectors[row * dimension + i];
    const nearest = Math.min(...Array.from({ length: k }, (_, cluster) => squared(row, cluster)));
    expect(distance).toBeLessThan(nearest + 1e-4);
  }
  for (let i = 0; i < sums.length; i++) {
    const size = sizes[Math.floor(i / dimension)];
    if (size > 0) expect(centroids[i]).toBeCloseTo(sums[i] / size, 4);
  }
  return inertia;
}

describe('k-means', () => {
  it.each([
    [600, 8, 40],
    [1500, 3, 1200],
  ])('settles: %i rows of dimension %i in %i clusters', async (n, dimension, k) => {
    const table = scatteredTable(n, dimension, 30, 0.6, `settle ${n}`);
    const { assignments, centroids, inertia, converged } = await kMeans(table, { k, seed: 3 });
    expect(converged).toBe(true);
    expect(expectSettled(table, centroids, assignments) / inertia).toBeCloseTo(1, 6);
    expect(new Set(assignments).size).toBe(k);
  });

  it('gets no worse with more restarts or more steps', async () => {
    const table = scatteredTable(400, 6, 25, 0.5, 'restarts');
    const inertia = async (restarts: number, iterations: number) =>
      (await kMeans(table, { k: 25, seed: 5, restarts, iterations })).inertia;
    expect(await inertia(6, 100)).toBeLessThanOrEqual(await inertia(1, 100));
    expect(await inertia(1, 100)).toBeLessThanOrEqual(await inertia(1, 1));
    expect(await inertia(1, 1)).toBeLessThanOrEqual(await inertia(1, 0));
  });

  it('gives every row a cluster of its own where there are as many clusters as rows', async () => {
    const table = scatteredTable(40, 3, 4, 1, 'each');
    const { assignments, inertia } = await kMeans(table, { k: 40, seed: 1 });
    expect(new Set(assignments).size).toBe(40);
    expect(inertia).toBeCloseTo(0, 9);
  });

  it('leaves clusters empty where fewer different rows are there than clusters', async () => {
    const vectors = Float32Array.from({ length: 60 }, (_, i) => [3, 0, -1][Math.floor(i / 2) % 3] + (i % 2));
    const { assignments, inertia, converged } = await kMeans(
      { vectors, dimension: 2, labels: new Int32Array(30) },
      { k: 7, seed: 2 },
    );
    expect(new Set(assignments).size).toBe(3);
    expect(inertia).toBeCloseTo(0, 9);
    expect(converged).toBe(true);
  });

  it('does not feel an offset that all rows share', async () => {
    const table = scatteredTable(300, 4, 12, 0.2, 'shift');
    const grid = { ...table, vectors: table.vectors.map((value) => Math.round(value * 1024) / 1024) };
    const far = { ...grid, vectors: grid.vectors.map((value) => value + 2048) };
    const [here, there] = [await kMeans(grid, { k: 12, seed: 4 }), await kMeans(far, { k: 12, seed: 4 })];
    expect(there.assignments).toEqual(here.assignments);
  });

  it('names a row that is not finite, and stops when it is told to', async () => {
    const table = scatteredTable(20, 3, 2, 1, 'infinite');
    table.vectors[3 * 11] = Number.POSITIVE_INFINITY;
    await expect(kMeans(table, { k: 2, seed: 0 })).rejects.toThrow(/Row 11 has Infinity in column 0/);
    const good = scatteredTable(20, 3, 2, 1, 'good');
    const stopped = kMeans(good, { k: 2, seed: 0, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  });
});
