import { describe, expect, it } from 'vitest';
import { CONVERGENCE_COLUMN, compareAll, comparePairs } from '../../src/report/comparison.js';
import { methodScores } from '../../src/report/method-scores.js';
import { rankChart } from '../../src/report/rank-chart.js';
import { scoreTables } from '../../src/report/table.js';
import type { RunRecord } from '../../src/types/run-record.js';
import { madeUpRecord } from './synthetic-runs.js';

/** Hits of each of three classes of ten queries. */
function withHits(method: string, seed: number, hitsAt1: readonly number[]): RunRecord {
  const recall = hitsAt1.reduce((sum, hits) => sum + hits, 0) / 30;
  const classScores = {
    labels: [0, 1, 2],
    queries: [10, 10, 10],
    hitsAt1,
    meanAveragePrecisionAtR: hitsAt1.map((hits) => hits / 20),
  };
  return { ...madeUpRecord({ method, seed, recall }), format: 2, classScores };
}

function inFold(method: string, fold: number, seed: number, recall: number): RunRecord {
  const record = madeUpRecord({ method, seed, recall });
  const split = { name: 'folds', count: 4, fold, validation: 0.25, seed: 0 };
  return { ...record, id: `${record.id}${fold}`, spec: { ...record.spec, split } };
}

describe('two methods', () => {
  const records = [0, 1, 2].flatMap((seed) => [
    withHits('Angular', seed, [8, 9, 7]),
    withHits('Triplet', seed, [5, 6, 4 + (seed % 2)]),
  ]);

  it('are compared over seeds and test classes where records hold scores by class', () => {
    const [found] = comparePairs(records, [['Angular', 'Triplet']]);
    expect(found.mean).toBeCloseTo((100 * (9 + 8 + 9)) / 90, 10);
    expect(found.over).toBe('3 seeds and 3 test classes');
    expect(comparePairs(records, [['Angular', 'Triplet']], 'MAP@R')[0].mean).toBeCloseTo(found.mean / 2, 10);
  });

  it('are compared over seeds alone where records are old, or hold a score of the whole only', () => {
    const old = records.map(({ classScores, ...record }) => record);
    const [found] = comparePairs(old, [['Angular', 'Triplet']]);
    expect(found.over).toBe('3 seeds, these test classes');
    expect(found.mean).toBeCloseTo((100 * (9 + 8 + 9)) / 90, 10);
    expect(comparePairs(records, [['Angular', 'Triplet']], 'NMI')[0]).toMatchObject({ mean: 0, pValue: 1 });
  });

  it('are paired by seed, and not compared where they share none', () => {
    expect(comparePairs([records[0], records[3]], [['Angular', 'Triplet']])).toEqual([]);
  });

  // Fold means of the difference: 10, 8, 12, 10 points; mean 10, deviation 1.633, t(3) = 3.182: ± 2.598.
  it('are compared over folds, each the mean of its seeds', () => {
    const folded = [10, 8, 12, 10].flatMap((points, fold) =>
      [0, 1].flatMap((seed) => {
        const shift = seed === 0 ? 0.01 : -0.01;
        return [inFold('A', fold, seed, 0.5 + points / 100 + shift), inFold('B', fold, seed, 0.5)];
      }),
    );
    const [found] = comparePairs(folded, [['A', 'B']]);
    expect(found).toMatchObject({ over: '4 folds', pairs: 4 });
    expect(found.interval?.[0]).toBeCloseTo(10 - 2.598, 2);
    expect(methodScores(folded)[0]).toMatchObject({ method: 'A', folds: 4, seeds: 2 });
  });

  // Readings after step 0: 50 and 49 against 40 and 39, each two seeds the same.
  it('are compared in how fast they learn by the mean of the readings after step 0, baselines not at all', () => {
    const learning = [0, 1].flatMap((seed) => [
      madeUpRecord({ method: 'A', seed, recall: 0.5 + seed / 100, tested: false }),
      madeUpRecord({ method: 'B', seed, recall: 0.4, tested: false }),
      madeUpRecord({ method: 'raw', seed, recall: 0.4, trained: false }),
    ]);
    const [found, ...rest] = comparePairs(
      learning,
      [
        ['A', 'B'],
        ['A', 'raw'],
      ],
      CONVERGENCE_COLUMN,
    );
    expect(found.mean).toBeCloseTo(10.5, 10);
    expect(found.over).toBe('2 seeds, these validation classes');
    expect(rest).toEqual([]);
  });

  it('get p-values that are corrected for all comparisons made together', () => {
    const three = [...records, ...[0, 1, 2].map((seed) => withHits('N-pair', seed, [8, 8, 7 + (seed % 2)]))];
    const alone = comparePairs(three, [['Angular', 'Triplet']])[0].pValue as number;
    const all = compareAll(three);
    const together = all.comparisons.find(({ first, second }) => first === 'Angular' && second === 'Triplet');
    expect((together?.pValue as number) / alone).toBeGreaterThan(1.9);
    expect((together?.pValue as number) / alone).toBeLessThan(3.1);
    expect(all.ranks.map(({ name }) => name)).toEqual(['Angular', 'N-pair', 'Triplet']);
  });
});

describe('a chart of ranks', () => {
  const runs = (method: string, hits: number) =>
    [0, 1, 2].map((seed) => withHits(method, seed, [hits, hits, hits - (seed % 2)]));

  it('has a bar from the best to the worst rank that the comparisons leave open', () => {
    const chart = rankChart([...runs('A', 9), ...runs('B', 4), ...runs('C', 4)], 'squares · made up');
    const { values } = (chart as unknown as { data: { values: { name: string; text: string }[] } }).data;
    expect(values.map(({ name, text }) => `${name}: ${text}`)).toEqual(['A: 1', 'B: 2 to 3', 'C: 2 to 3']);
  });

  it('is not drawn of two methods, nor where no comparison has an interval', () => {
    expect(rankChart([...runs('A', 9), ...runs('B', 4)], '')).toBeNull();
    const single = ['A', 'B', 'C'].map((method) => madeUpRecord({ method, seed: 0, recall: 0.4 }));
    expect(rankChart(single, '')).toBeNull();
  });
});

describe('a table', () => {
  it('says on which split its records were tested', async () => {
    const folded = [0, 1, 2, 3].map((fold) => inFold('A', fold, 0, 0.5));
    const { markdown } = await scoreTables(folded);
    expect(markdown).toContain('| Seeds | Folds |');
    expect(markdown).toContain('Split: all classes in 4 folds, each the test classes once');
  });
});
