import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adjustedMutualInformation,
  type EmbeddingTable,
  evaluateEmbeddings,
  kMeans,
  meanAveragePrecisionAtR,
  nearestNeighbours,
  normalizedMutualInformation,
  pairwiseF1,
  recallAtK,
  rPrecision,
  SeededRandom,
} from '../../src/index.js';

function table(rows: number[][], labels: number[]): EmbeddingTable {
  return {
    vectors: Float32Array.from(rows.flat()),
    dimension: rows[0].length,
    labels: Int32Array.from(labels),
  };
}

function randomTable(n: number, d: number, classes: number, seed: string): EmbeddingTable {
  const random = new SeededRandom(seed);
  return table(
    Array.from({ length: n }, () => Array.from({ length: d }, () => random.normal())),
    Array.from({ length: n }, () => random.integer(classes)),
  );
}

/** Neighbours by comparing every pair in float64. */
function bruteForce(
  { vectors, dimension, labels }: EmbeddingTable,
  k: number,
  metric: 'cosine' | 'euclidean',
): number[][] {
  const row = (i: number) => Array.from(vectors.subarray(i * dimension, (i + 1) * dimension));
  const distance = (a: number[], b: number[]) =>
    metric === 'euclidean'
      ? a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0)
      : -a.reduce((sum, value, i) => sum + value * b[i], 0) / Math.hypot(...a) / Math.hypot(...b);
  return Array.from(labels, (_, i) =>
    [...labels.keys()]
      .filter((j) => j !== i)
      .sort((x, y) => distance(row(i), row(x)) - distance(row(i), row(y)) || x - y)
      .slice(0, k),
  );
}

describe('nearest neighbours', () => {
  it.each(['cosine', 'euclidean'] as const)('are those of a comparison of all pairs (%s)', async (metric) => {
    const points = randomTable(120, 7, 9, metric);
    const { indices } = await nearestNeighbours(points, 6, { metric });
    expect(Array.from(indices)).toEqual(bruteForce(points, 6, metric).flat());
  });

  it('leave a row itself out by its index, so that a duplicate of it is found; among equals the lower row comes first', async () => {
    const { indices } = await nearestNeighbours(
      table(
        [
          [1, 0],
          [1, 0],
          [0, 1],
          [1, 0],
        ],
        [0, 0, 1, 1],
      ),
      2,
    );
    expect(Array.from(indices)).toEqual([1, 3, 0, 3, 0, 1, 0, 1]);
  });

  it('refuse more neighbours than there are, and a number that is not finite by its row', async () => {
    await expect(nearestNeighbours(table([[1], [2]], [0, 0]), 2)).rejects.toThrow(/between 1 and 1/);
    await expect(nearestNeighbours(table([[1], [Number.NaN], [3]], [0, 0, 1]), 1)).rejects.toThrow(
      /Row 1 has NaN/,
    );
    await expect(
      nearestNeighbours({ ...table([[1], [2]], [0, 0]), labels: Int32Array.of(1) }, 1),
    ).rejects.toThrow(/2 numbers are not 1 rows/);
  });
});

// On a line: 0 (A), 1 (B), 2.1 (A), 3.3 (A), 10 (B). Nearest others of each, nearest first:
// 0: 1B 2.1A 3.3A 10B · 1: 0A 2.1A 3.3A 10B · 2.1: 1B 3.3A 0A 10B (1.1 < 1.2 < 2.1) · 3.3: 2.1A 1B 0A 10B · 10: 3.3A 2.1A 1B 0A
const line = table([[0], [1], [2.1], [3.3], [10]], [7, 4, 7, 7, 4]);

describe('scores by hand', () => {
  it('Recall@K on the line: hits at 1: row 3.3; at 2: rows 0, 2.1 too; at 3: row 10; at 4: row 1', async () => {
    expect(await recallAtK(line, [1, 2, 3, 4], { metric: 'euclidean' })).toEqual({
      1: 0.2,
      2: 0.6,
      3: 0.8,
      4: 1,
    });
  });

  // R = 2 for class 7, 1 for class 4. Rows 0 and 2.1: second right, (½)/2 = ¼; row 3.3: first right, 1/2; rows 1, 10: 0.
  it('MAP@R = (¼ + ¼ + ½)/5 and R-precision = (½ + ½ + ½)/5', async () => {
    expect(await meanAveragePrecisionAtR(line, { metric: 'euclidean' })).toBeCloseTo(0.2, 12);
    expect(await rPrecision(line, { metric: 'euclidean' })).toBeCloseTo(0.3, 12);
  });

  it('a row whose class has no other row is a miss in every score', async () => {
    const lonely = table([[0], [0.1], [5]], [1, 1, 2]);
    expect(await recallAtK(lonely, [1, 2], { metric: 'euclidean' })).toEqual({ 1: 2 / 3, 2: 2 / 3 });
    expect(await meanAveragePrecisionAtR(lonely, { metric: 'euclidean' })).toBeCloseTo(2 / 3, 12);
  });

  // Clusters {a,a,b} and {b,b}: pairs in one cluster 3 + 1, in one class 1 + 3, in both 1 + 1: F1 = 2·2/(4+4).
  it('pairwise F1 counts pairs', () => {
    expect(pairwiseF1([0, 0, 0, 1, 1], [5, 5, 6, 6, 6])).toBeCloseTo(0.5, 12);
    expect(pairwiseF1([0, 1, 2], [5, 5, 5])).toBe(0);
  });

  // The two halves against {1,1,1,2}: H = log 2 and −¾ log ¾ − ¼ log ¼; I = log 2 + ½ log ½ ... worked out in the comment of the value:
  // I = ½ log(½/(½·¾)) + ¼ log(¼/(½·¾)) + ¼ log(¼/(½·¼)) = 0.215762.
  it('NMI is twice the shared information over both entropies', () => {
    const shared = 0.5 * Math.log(4 / 3) + 0.25 * Math.log(2 / 3) + 0.25 * Math.log(2);
    const entropies = Math.log(2) + 0.75 * Math.log(4 / 3) + 0.25 * Math.log(4);
    expect(normalizedMutualInformation([0, 0, 1, 1], [1, 1, 1, 2])).toBeCloseTo((2 * shared) / entropies, 12);
  });
});

describe('agreement of partitions', () => {
  const labels = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 2, maxLength: 40 });

  it('is 1 between a partition and itself renamed, in NMI and AMI', () => {
    fc.assert(
      fc.property(labels, (a) => {
        const renamed = a.map((label) => 100 - 7 * label);
        expect(normalizedMutualInformation(a, renamed)).toBeCloseTo(1, 9);
        expect(adjustedMutualInformation(a, renamed)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('does not feel the order of the rows, and is symmetric', () => {
    fc.assert(
      fc.property(labels, fc.integer(), (a, seed) => {
        const b = new SeededRandom(seed).shuffle(a);
        const order = new SeededRandom(seed + 1).shuffle([...a.keys()]);
        for (const score of [normalizedMutualInformation, adjustedMutualInformation, pairwiseF1]) {
          const value = score(a, b);
          expect(
            score(
              order.map((i) => a[i]),
              order.map((i) => b[i]),
            ),
          ).toBeCloseTo(value, 9);
          expect(score(b, a)).toBeCloseTo(value, 9);
        }
      }),
    );
  });

  it('of random labels is about 0 in AMI, though NMI is far from it', () => {
    const random = new SeededRandom('chance');
    const a = Array.from({ length: 600 }, () => random.integer(100));
    const b = Array.from({ length: 600 }, () => random.integer(100));
    expect(Math.abs(adjustedMutualInformation(a, b))).toBeLessThan(0.03);
    expect(normalizedMutualInformation(a, b)).toBeGreaterThan(0.4);
  });

  // The mean shared information over all 24 orders of the second labeling is what AMI subtracts.
  it('in AMI subtracts the mean over every order of the labels', () => {
    const [a, b] = [
      [0, 0, 1, 1],
      [0, 1, 1, 2],
    ];
    const orders = (rest: number[]): number[][] =>
      rest.length === 0
        ? [[]]
        : rest.flatMap((value, i) => orders(rest.filter((_, j) => j !== i)).map((tail) => [value, ...tail]));
    const entropy = (labels: number[]) =>
      [...new Set(labels)].reduce((sum, label) => {
        const share = labels.filter((other) => other === label).length / labels.length;
        return sum - share * Math.log(share);
      }, 0);
    const joint = (x: number[], y: number[]) => entropy(x.map((value, i) => 10 * value + y[i]));
    const shared = (x: number[], y: number[]) => entropy(x) + entropy(y) - joint(x, y);
    const all = orders(b);
    const expected = all.reduce((sum, order) => sum + shared(a, order), 0) / all.length;
    const wanted = (shared(a, b) - expected) / ((entropy(a) + entropy(b)) / 2 - expected);
    expect(adjustedMutualInformation(a, b)).toBeCloseTo(wanted, 9);
  });
});

describe('k-means', () => {
  const blobs = (() => {
    const random = new SeededRandom('blobs');
    const rows = Array.from({ length: 90 }, (_, i) => [
      10 * (i % 3) + random.normal() * 0.3,
      -5 * (i % 3) + random.normal() * 0.3,
    ]);
    return table(
      rows,
      rows.map((_, i) => i % 3),
    );
  })();

  it('finds blobs that lie apart, its inertia being the squared distances to their means', async () => {
    const { assignments, inertia } = await kMeans(blobs, { k: 3, seed: 1, restarts: 3 });
    expect(adjustedMutualInformation(assignments, blobs.labels)).toBeCloseTo(1, 9);
    let expected = 0;
    for (const cluster of [0, 1, 2]) {
      const rows = [...assignments.keys()].filter((i) => assignments[i] === cluster);
      for (const axis of [0, 1]) {
        const mean = rows.reduce((sum, i) => sum + blobs.vectors[2 * i + axis], 0) / rows.length;
        expected += rows.reduce((sum, i) => sum + (blobs.vectors[2 * i + axis] - mean) ** 2, 0);
      }
    }
    expect(inertia / expected).toBeCloseTo(1, 3);
  });

  it('gives the same clusters for the same seed', async () => {
    const points = randomTable(200, 5, 4, 'seeded');
    const [first, second] = [
      await kMeans(points, { k: 20, seed: 4 }),
      await kMeans(points, { k: 20, seed: 4 }),
    ];
    expect(second).toEqual(first);
  });

  it('fills every cluster even where rows coincide, up to the number of different rows', async () => {
    const points = table([[0], [0], [0], [4], [9]], [0, 0, 0, 1, 2]);
    const { assignments } = await kMeans(points, { k: 3, seed: 0 });
    expect(new Set(assignments).size).toBe(3);
  });

  it('refuses more clusters than rows', async () => {
    await expect(kMeans(blobs, { k: 91, seed: 0 })).rejects.toThrow(/between 1 and 90/);
  });
});

describe('all scores of a table', () => {
  it('are perfect for classes that lie apart', async () => {
    const angles = [0, 0.01, 0.02, 2, 2.01, 2.02, 4, 4.01, 4.02];
    const scores = await evaluateEmbeddings(
      table(
        angles.map((angle) => [Math.cos(angle), Math.sin(angle)]),
        [1, 1, 1, 2, 2, 2, 3, 3, 3],
      ),
      {
        ks: [1, 2],
        kMeansSeed: 0,
        kMeansRestarts: 5,
      },
    );
    expect(scores.recallAtK).toEqual({ 1: 1, 2: 1 });
    expect(scores.normalizedMutualInformation).toBeCloseTo(1, 9);
    expect(scores.pairwiseF1).toBe(1);
    expect(scores.meanAveragePrecisionAtR).toBe(1);
  });
});
