import { describe, expect, it } from 'vitest';
import { renderChart } from '../../src/report/chart.js';
import { triesChart, triesSpans } from '../../src/report/tries-chart.js';
import { madeUpRecord } from './synthetic-runs.js';

const tried = (method: string, recall: number) => madeUpRecord({ method, seed: 0, recall, tested: false });
const records = [
  tried('Triplet · learningRate 0.001', 0.4),
  tried('Triplet · learningRate 0.01', 0.45),
  tried('Angular · learningRate 0.001', 0.5),
  tried('Angular · learningRate 0.01', 0.2),
];

describe('a chart of tries', () => {
  it('spans the worst and the best try of each loss, where 0.3 of step 0 is the least that a try can have', () => {
    const spans = triesSpans(records);
    expect(spans.map(({ method, tries }) => [method, tries])).toEqual([
      ['Angular', 2],
      ['Triplet', 2],
    ]);
    expect(spans[0].best).toBeCloseTo(50, 10);
    expect(spans[0].worst).toBeCloseTo(30, 10);
  });

  it('is drawn', async () => {
    expect((await renderChart(triesChart(records, 'validation classes'))).svg).toContain('Angular');
  });
});
