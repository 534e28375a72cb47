import { describe, expect, it } from 'vitest';
import { evaluateInDetail } from '../../src/evaluation/evaluate-embeddings.js';
import { scatteredTable } from './random-table.js';

describe('scores by class', () => {
  // On a line: class 0 at 0 and 1, class 7 at 10, 11 and 0.9. Nearest of 0 is 0.9, of 1 is 0.9, of 10 is 11, of 11 is
  // 10, of 0.9 is 1: class 0 has no hit, class 7 two of three. R is 1 for class 0 and 2 for class 7: of 10 the first two
  // are 11 and 1 (AP = 1/2 · 1), of 11 they are 10 and 1 (1/2), of 0.9 they are 1 and 0 (0).
  it('are what a table on a line has, counted by hand', async () => {
    const table = {
      vectors: Float32Array.from([10, 0, 0.9, 1, 11]),
      dimension: 1,
      labels: Int32Array.from([7, 0, 7, 0, 7]),
    };
    const options = { ks: [1], kMeansSeed: 0, kMeansRestarts: 1, metric: 'euclidean' } as const;
    expect((await evaluateInDetail(table, options)).classScores).toEqual({
      labels: [0, 7],
      queries: [2, 3],
      hitsAt1: [0, 2],
      meanAveragePrecisionAtR: [0, 0.333333],
    });
  });

  it('add up to Recall@1 and MAP@R of the whole table', async () => {
    const table = scatteredTable(300, 8, 40, 0.6, 'by class');
    const evaluation = await evaluateInDetail(table, { ks: [1], kMeansSeed: 0, kMeansRestarts: 1 });
    const { queries, hitsAt1, meanAveragePrecisionAtR } = evaluation.classScores;
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(sum(hitsAt1) / sum(queries)).toBeCloseTo(evaluation.recallAtK[1], 12);
    expect(sum(meanAveragePrecisionAtR.map((mean, i) => mean * queries[i])) / sum(queries)).toBeCloseTo(
      evaluation.meanAveragePrecisionAtR,
      6,
    );
  });
});
