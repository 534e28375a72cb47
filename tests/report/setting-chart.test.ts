import { describe, expect, it } from 'vitest';
import { renderChart } from '../../src/report/chart.js';
import { settingChart, settingValues } from '../../src/report/setting-chart.js';
import { madeUpRecord } from './synthetic-runs.js';

const at = (alphaDegrees: number, seed: number, recall: number, method = 'Angular') => ({
  ...madeUpRecord({ method: `${method}, α = ${alphaDegrees}°`, seed, recall }),
  spec: { loss: { name: 'angular', alphaDegrees }, seed },
});
const records = [
  at(45, 0, 0.5),
  at(45, 1, 0.52),
  at(36, 0, 0.4),
  at(45, 0, 0.6, 'Both'),
  madeUpRecord({ method: 'Raw pixels', seed: 0, recall: 0.3, trained: false }),
];
const line = (method: string) => method.split(',')[0];

describe('a chart of scores by a setting', () => {
  // Mean 51, deviation √2 of 50 and 52, t(1) = 12.706: ± 12.706.
  it('has mean and interval of the seeds at each value, a line a loss, and leaves out runs without the setting', () => {
    const values = settingValues(records, { setting: 'loss.alphaDegrees', line, columns: ['R@1'] });
    expect(values.map((value) => [value.line, value.setting])).toEqual([
      ['Angular', 36],
      ['Angular', 45],
      ['Both', 45],
    ]);
    expect(values[1].mean).toBeCloseTo(51, 10);
    expect(values[1].low).toBeCloseTo(51 - 12.706, 2);
    expect(values[0]).toMatchObject({ low: values[0].mean, high: values[0].mean });
  });

  it('says at which values seeds were best before they trained', async () => {
    const [, ...trained] = records;
    const some = [{ ...records[0], chosenStep: 0 }, ...trained];
    const options = { title: 'By α', subtitle: 'squares', setting: 'loss.alphaDegrees', axis: 'α', line };
    expect(settingValues(some, options).find(({ setting }) => setting === 45)?.untrained).toBe(1);
    expect((await renderChart(settingChart(some, options))).svg).toContain('hollow: some seeds untrained');
    expect((await renderChart(settingChart(records, options))).svg).not.toContain('hollow');
  });

  it('is drawn with a picture a score', async () => {
    const chart = settingChart(records, {
      title: 'By α',
      subtitle: 'squares',
      setting: 'loss.alphaDegrees',
      axis: 'α, degrees',
      line,
    });
    const { svg } = await renderChart(chart);
    for (const text of ['R@1', 'MAP@R', 'NMI', 'F1', 'α, degrees', 'Both', 'interval of 1 to 2 seeds'])
      expect(svg).toContain(text);
  });
});
