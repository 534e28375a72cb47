import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type RunRecord, renderChart, scoreTables, summaryTable } from '../../src/index.js';
import { estimate } from '../../src/report/method-scores.js';

function record(method: string, seed: number, recall: number, trained = true): RunRecord {
  return {
    method,
    seed,
    spec: { loss: trained ? { name: 'triplet' } : null },
    metrics: {
      recallAtK: { 1: recall, 2: recall + 0.1 },
      normalizedMutualInformation: 0.8,
      adjustedMutualInformation: 0.3,
      pairwiseF1: 0.1,
      meanAveragePrecisionAtR: 0.2,
      rPrecision: 0.25,
    },
  } as unknown as RunRecord;
}

const records = [
  record('Triplet', 0, 0.4),
  record('Triplet', 1, 0.44),
  record('Triplet', 2, 0.42),
  record('Angular', 0, 0.5),
  record('Raw pixels', 0, 0.28, false),
];

describe('a mean over seeds', () => {
  // 40, 44, 42: mean 42, deviation 2, t(2) = 4.303: 4.303 · 2/√3 = 4.969.
  it('carries the 95% t-interval', () => {
    const { mean, halfWidth } = estimate([40, 44, 42]);
    expect(mean).toBe(42);
    expect(halfWidth).toBeCloseTo(4.969, 2);
    expect(estimate([3]).halfWidth).toBeNull();
  });
});

describe('tables', () => {
  it('put baselines first, then the best method, in percent, with seeds', async () => {
    const { csv, markdown } = await scoreTables(records);
    expect(
      markdown
        .split('\n')
        .slice(2, 5)
        .map((line) => line.split(' | ').slice(0, 3).join(';')),
    ).toEqual(['| Raw pixels;28.0;38.0', '| Angular;50.0;60.0', '| Triplet;42.0 ± 5.0;52.0 ± 5.0']);
    expect(csv.split('\n')[0]).toMatch(/^method,seeds,R@1,R@1 ±,R@2/);
    expect(csv.split('\n')[3]).toMatch(/^Triplet,3,42(\.000)?,4\.96/);
    expect(summaryTable(records)).toMatch(/Triplet\s+42\.0 ± 5\.0/);
  });
});

describe('charts', () => {
  const spec = {
    title: 'A title',
    data: { values: [{ x: 1, y: 2 }] },
    mark: 'point',
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
  } as const;

  it('show their text in the PNG, without a font of the system, and are the same each time', async () => {
    const [withTitle, again, without] = [
      await renderChart(spec),
      await renderChart(spec),
      await renderChart({ ...spec, title: '' }),
    ];
    const dark = async (png: Buffer) => {
      const { data } = await sharp(png)
        .greyscale()
        .extract({ left: 0, top: 0, width: 150, height: 60 })
        .raw()
        .toBuffer({ resolveWithObject: true });
      return data.filter((value) => value < 100).length;
    };
    expect(withTitle.svg).toContain('A title');
    expect(await dark(withTitle.png)).toBeGreaterThan(50 + (await dark(without.png)));
    expect(again.png.equals(withTitle.png)).toBe(true);
  });
});
