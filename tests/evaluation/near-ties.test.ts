import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type EmbeddingTable,
  meanAveragePrecisionAtR,
  nearestNeighbours,
  readNpy,
  recallAtK,
} from '../../src/index.js';
import { runKit } from '../cli/run-kit.js';
import { temporaryFolder } from '../picture-folder.js';

const fixture = (name: string) => join(__dirname, 'fixtures', name);
const { values: rows } = readNpy(fixture('distances-rows.npy'));
const { values: spread } = readNpy(fixture('distances-spread.npy'));
const DIMENSION = 16;
const labels = Int32Array.from({ length: 400 }, (_, row) => Math.floor(row / 10));
/** Recall@1 and @4 by NumPy in float64, of tables in float32. */
const reference: Record<string, Record<'euclidean' | 'cosine', Record<string, number>>> = JSON.parse(
  readFileSync(fixture('distances.json'), 'utf8'),
);

const changes: Record<string, (value: number, row: number) => number> = {
  plain: (value) => value,
  offset1e3: (value) => value + 1e3,
  offset1e5: (value) => value + 1e5,
  'scaled1e-4': (value) => value * 1e-4,
  farCluster: (value, row) => (labels[row] < 5 ? value + 1e4 : value),
  mixednorm: (value, row) => value * spread[row],
};
const tableOf = (change: (value: number, row: number) => number): EmbeddingTable => ({
  vectors: Float32Array.from(rows, (value, i) => change(value, Math.floor(i / DIMENSION))),
  dimension: DIMENSION,
  labels,
});

describe('near ties are settled as float64 settles them', () => {
  it.each(Object.keys(changes))('%s: the Recall@1 and @4 of NumPy', async (name) => {
    for (const metric of ['euclidean', 'cosine'] as const)
      expect(await recallAtK(tableOf(changes[name]), [1, 4], { metric })).toEqual(reference[name][metric]);
  });

  it.each([2 ** 96, 2 ** -80])(
    'Euclidean scores do not change where every number is %d times as large',
    async (factor) => {
      const scaled = tableOf((value) => Math.fround(value) * factor);
      const options = { metric: 'euclidean' } as const;
      expect(await recallAtK(scaled, [1, 4], options)).toEqual(reference.plain.euclidean);
      const { scores, indices } = await nearestNeighbours(scaled, 4, options);
      const plain = await nearestNeighbours(tableOf(changes.plain), 4, options);
      expect(indices).toEqual(plain.indices);
      expect(scores[0] / factor).toBeCloseTo(plain.scores[0], 5);
    },
  );

  it.each(Object.keys(changes))('%s: the neighbours and MAP@R of a plain float64 sort', async (name) => {
    const table = tableOf(changes[name]);
    for (const metric of ['euclidean', 'cosine'] as const) {
      const sorted = sortedByDistance(table, metric);
      const { indices } = await nearestNeighbours(table, 12, { metric });
      expect(Array.from(indices)).toEqual(sorted.flatMap((order) => order.slice(0, 12)));
      expect(await meanAveragePrecisionAtR(table, { metric })).toBeCloseTo(mapAtR(sorted), 12);
    }
  });
});

function sortedByDistance({ vectors }: EmbeddingTable, metric: 'euclidean' | 'cosine'): number[][] {
  const all = Array.from(labels.keys());
  const of = (row: number) => vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const lengths = all.map((row) => Math.sqrt(dot(of(row), of(row))));
  const far = (x: number, y: number) =>
    metric === 'euclidean'
      ? of(x).reduce((sum, value, i) => sum + (value - of(y)[i]) ** 2, 0)
      : of(x).reduce((sum, value, i) => sum + (value / lengths[x] - of(y)[i] / lengths[y]) ** 2, 0);
  return all.map((x) => {
    const distances = all.map((y) => far(x, y));
    return all.filter((y) => y !== x).sort((a, b) => distances[a] - distances[b] || a - b);
  });
}

function mapAtR(sorted: readonly number[][]): number {
  const scores = sorted.map((order, x) => {
    let [found, sum] = [0, 0];
    for (const [rank, y] of order.slice(0, 9).entries())
      if (labels[y] === labels[x]) sum += ++found / (rank + 1);
    return sum / 9;
  });
  return scores.reduce((a, b) => a + b, 0) / scores.length;
}

describe('classes of one row', () => {
  it('are counted on the terminal and in the record, as misses or left out', () => {
    const path = join(temporaryFolder(), 'single.csv');
    writeFileSync(path, 'x,y,label\n1,0,0\n1,0.1,0\n0,1,1\n0.1,1,1\n-1,0.5,2\n0.5,-1,3\n');
    const evaluate = (...more: string[]) => {
      const out = join(temporaryFolder(), 'scores.json');
      const { stdout } = runKit(['evaluate', path, '--ks', '1', '--out', out, ...more]);
      return {
        stdout,
        record: JSON.parse(readFileSync(out, 'utf8')),
        page: readFileSync(out.replace('json', 'md'), 'utf8'),
      };
    };
    const missed = evaluate();
    expect(missed.stdout).toMatch(
      /2 of 4 classes have one row.*counted as misses \(--single-image-classes exclude/,
    );
    expect(missed.record).toMatchObject({ queries: 6, embeddings: { singleImageClasses: 2 } });
    expect(missed.record.metrics.recallAtK[1]).toBeCloseTo(4 / 6);
    expect(missed.page).toContain('2 classes of one row counted as missed');
    const without = evaluate('--single-image-classes', 'exclude');
    expect(without.stdout).toMatch(/2 of 4 classes have one row.*left out of Recall@K/);
    expect(without.record).toMatchObject({ queries: 4, evaluation: { singleImageClasses: 'exclude' } });
    expect(without.record.metrics.recallAtK[1]).toBe(1);
    expect(without.page).toContain('2 classes of one row left out of what is retrieved');
  });
});
