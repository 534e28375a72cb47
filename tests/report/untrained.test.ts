import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { curveChart, recallChart, summaryTable } from '../../src/index.js';
import { writeReport } from '../../src/report/page.js';
import { temporaryFolder } from '../picture-folder.js';
import { madeUpRecord } from './synthetic-runs.js';

const at = (step: number, method: string, seed: number) => ({
  ...madeUpRecord({ method, seed, recall: 0.4 }),
  chosenStep: step,
});
const records = [
  at(100, 'Triplet', 0),
  at(0, 'Triplet', 1),
  at(0, 'Angular', 0),
  at(0, 'Angular', 1),
  at(100, 'N-pair', 0),
  at(100, 'N-pair', 1),
  madeUpRecord({ method: 'Raw pixels', seed: 0, recall: 0.3, trained: false }),
];
const NAMES = [
  'Triplet (1 of 2 seeds untrained: best at step 0)',
  'Angular (untrained: best at step 0)',
  'N-pair',
  'Raw pixels',
];

describe('a method whose best step is 0', () => {
  it('is marked as untrained in the tables and on the page; a baseline and a trained one are not', async () => {
    const folder = temporaryFolder();
    const experiments = [{ name: 'made-up', title: '', description: '', records }];
    const page = readFileSync(await writeReport({ resultsDirectory: folder, experiments }), 'utf8');
    for (const text of [
      summaryTable(records),
      readFileSync(join(folder, 'tables', 'made-up.csv'), 'utf8'),
      readFileSync(join(folder, 'tables', 'made-up.md'), 'utf8'),
      page,
    ]) {
      for (const name of NAMES) expect(text).toContain(name);
      expect(text).not.toMatch(/(N-pair|Raw pixels) \(/);
    }
    expect(page.match(/<td>0: untrained<\/td>/g)).toHaveLength(3);
  });

  it('is marked in the charts', () => {
    for (const chart of [recallChart(records, ''), curveChart(records, '')]) {
      const text = JSON.stringify(chart);
      for (const name of NAMES.slice(0, 3)) expect(text).toContain(`"${name}"`);
      expect(text).not.toContain('"Angular"');
    }
  });
});
