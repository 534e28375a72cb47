import { expect, it } from 'vitest';
import { convergenceTable } from '../../src/report/convergence-table.js';
import { madeUpRecord } from './synthetic-runs.js';

const run = (method: string, recall: number) => madeUpRecord({ method, seed: 0, recall, tested: false });

// Readings after step 0: recall and a point less.
it('a table of convergence has a row a setting and a column a loss, the best of a loss in bold', () => {
  const records = [run('B · SGD 1', 0.3), run('A · Adam 1', 0.4), run('A · SGD 1', 0.5)];
  expect(convergenceTable(records).split('\n')).toEqual([
    '| Validation R@1, mean over the steps | A | B |',
    '| --- | --- | --- |',
    '| Adam 1 | 39.5 |  |',
    '| SGD 1 | **49.5** | **29.5** |',
  ]);
});
