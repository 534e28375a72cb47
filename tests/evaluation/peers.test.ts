import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adjustedMutualInformation } from '../../src/evaluation/adjusted-mutual-information.js';
import { kMeans } from '../../src/evaluation/k-means.js';
import { nearestNeighbours } from '../../src/evaluation/nearest-neighbours.js';
import { normalizedMutualInformation } from '../../src/evaluation/normalized-mutual-information.js';
import { pairwiseF1 } from '../../src/evaluation/pairwise-f1.js';

interface Peers {
  partitions: {
    name: string;
    classes: number[];
    clusters: number[];
    nmi: number;
    ami: number;
    f1: number | null;
  }[];
  neighbours: {
    rows: number[][];
    labels: number[];
  } & Record<'cosine' | 'euclidean', { indices: number[][]; values: number[][] }>;
  kMeans: { rows: number[][]; k: number; meanInertia: number };
}

// Written by fixtures/make-fixtures.py.
const peers = JSON.parse(readFileSync(join(__dirname, 'fixtures', 'peers.json'), 'utf8')) as Peers;

describe('scikit-learn on the same two labelings', () => {
  it.each(peers.partitions)('gives the same NMI, AMI and pair counts: $name', (partition) => {
    const { classes, clusters, nmi, ami, f1 } = partition;
    expect(normalizedMutualInformation(clusters, classes)).toBeCloseTo(nmi, 10);
    expect(adjustedMutualInformation(clusters, classes)).toBeCloseTo(ami, 10);
    if (f1 !== null) expect(pairwiseF1(clusters, classes)).toBeCloseTo(f1, 12);
  });
});

describe('faiss on the same rows, ten of them twice there', () => {
  const { rows, labels } = peers.neighbours;
  const table = {
    vectors: Float32Array.from(rows.flat()),
    dimension: rows[0].length,
    labels: Int32Array.from(labels),
  };

  it.each([
    ['cosine', (value: number) => value],
    ['euclidean', Math.sqrt],
  ] as const)('finds the same neighbours at the same distances (%s)', async (metric, toScore) => {
    const { indices, scores } = await nearestNeighbours(table, 8, { metric });
    for (let row = 0; row < rows.length; row++) {
      const all = peers.neighbours[metric].indices[row];
      const self = all.indexOf(row);
      const expected = peers.neighbours[metric].values[row].filter((_, i) => i !== self).map(toScore);
      for (let i = 0; i < 8; i++) expect(scores[8 * row + i]).toBeCloseTo(expected[i], 2);
      // Which of two equal rows comes first is each library's own choice.
      const found = new Set(indices.subarray(8 * row, 8 * row + 7));
      const missing = all.slice(0, 8).filter((other) => other !== row && !found.has(other));
      expect(missing.every((other) => other < 10 || (other >= 100 && other < 110))).toBe(true);
    }
  });
});

describe('scikit-learn on the same blobs', () => {
  // Over starts, single inertias have a standard deviation of 4%; the mean of a hundred, of 0.4%.
  it('finds clusters no tighter than ours, on the mean over single starts', async () => {
    const { rows, k, meanInertia } = peers.kMeans;
    const table = {
      vectors: Float32Array.from(rows.flat()),
      dimension: rows[0].length,
      labels: new Int32Array(rows.length),
    };
    let sum = 0;
    for (let seed = 0; seed < 100; seed++) sum += (await kMeans(table, { k, seed })).inertia;
    expect(sum / 100).toBeLessThan(1.01 * meanInertia);
  });
});
