import { describe, expect, it } from 'vitest';
import { adjustedMutualInformation } from '../../src/evaluation/adjusted-mutual-information.js';
import { bootstrapIntervals, clusteringShares } from '../../src/evaluation/class-bootstrap.js';
import { evaluateInDetail } from '../../src/evaluation/evaluate-embeddings.js';
import { normalizedMutualInformation } from '../../src/evaluation/normalized-mutual-information.js';
import { pairwiseF1 } from '../../src/evaluation/pairwise-f1.js';
import { SeededRandom } from '../../src/seeded-random.js';
import { scatteredTable } from './random-table.js';

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

describe('a bootstrap over classes', () => {
  it('draws from class shares that add up to the scores', () => {
    const random = new SeededRandom('shares');
    const labels = Int32Array.from({ length: 200 }, () => random.integer(20));
    const clusters = Int32Array.from(labels, (label) =>
      random.uniform() < 0.6 ? label : random.integer(25),
    );
    const shares = clusteringShares(labels, clusters);
    const score = ({ numerators, denominators }: (typeof shares)['pairwiseF1']) =>
      sum(numerators) / sum(denominators);
    expect(score(shares.normalizedMutualInformation)).toBeCloseTo(
      normalizedMutualInformation(labels, clusters),
      12,
    );
    expect(score(shares.adjustedMutualInformation)).toBeCloseTo(
      adjustedMutualInformation(labels, clusters),
      12,
    );
    expect(score(shares.pairwiseF1)).toBeCloseTo(pairwiseF1(labels, clusters), 12);
  });

  // A mean of c numbers of standard deviation s has the standard error s/√c; the 95% interval is ±1.96 of them.
  it('is as wide as the standard error says for a mean over many classes', () => {
    const random = new SeededRandom('width');
    const numerators = Float64Array.from({ length: 400 }, () => random.normal());
    const { mean } = bootstrapIntervals(
      { mean: { numerators, denominators: new Float64Array(400).fill(1) } },
      { draws: 2000, seed: 1 },
    );
    expect(mean[1] - mean[0]).toBeGreaterThan(0.9 * ((2 * 1.96) / 20));
    expect(mean[1] - mean[0]).toBeLessThan(1.1 * ((2 * 1.96) / 20));
  });

  it('puts every score of a table within its interval, and is the same for the same seed', async () => {
    const table = scatteredTable(300, 8, 40, 0.6, 'interval');
    const options = { ks: [1, 4], kMeansSeed: 1, kMeansRestarts: 1, bootstrap: 300 };
    const first = await evaluateInDetail(table, options);
    const second = await evaluateInDetail(table, options);
    expect(second.intervals).toEqual(first.intervals);
    const intervals = first.intervals ?? {};
    const scores: Record<string, number> = {
      'recallAtK.1': first.recallAtK[1],
      'recallAtK.4': first.recallAtK[4],
      meanAveragePrecisionAtR: first.meanAveragePrecisionAtR,
      rPrecision: first.rPrecision,
      meanReciprocalRank: first.meanReciprocalRank,
      normalizedMutualInformation: first.normalizedMutualInformation,
      adjustedMutualInformation: first.adjustedMutualInformation,
      pairwiseF1: first.pairwiseF1,
    };
    expect(Object.keys(intervals).sort()).toEqual(Object.keys(scores).sort());
    for (const [name, score] of Object.entries(scores)) {
      expect(intervals[name][0]).toBeLessThan(score);
      expect(intervals[name][1]).toBeGreaterThan(score);
    }
  });
});
