import { describe, expect, it } from 'vitest';
import { comparisonTable } from '../../src/report/comparison-table.js';
import { madeUpRecord } from './synthetic-runs.js';

const runs = (method: string, recall: number, trained = true) =>
  [0, 1, 2].map((seed) => madeUpRecord({ method, seed, recall: recall + (seed % 2) / 1000, trained }));
const records = [
  ...runs('Angular', 0.5),
  ...runs('Triplet', 0.4),
  ...runs('N-pair', 0.3),
  ...runs('Raw pixels', 0.2, false),
];

describe('a table of comparisons', () => {
  it('has every other trained method, best first, with its difference and verdict', () => {
    const [head, , ...rows] = comparisonTable(records, { against: 'Triplet' }).split('\n');
    expect(head).toBe('| R@1, less that of *Triplet* | points | better? | over |');
    expect(rows.map((row) => row.split(' | ').at(0))).toEqual(['| Angular', '| N-pair']);
    expect(rows[0]).toContain('+10.0');
    expect(rows.map((row) => row.split(' | ').at(2))).toEqual(['verified', 'falsified']);
  });

  it('asks what it is told to ask', () => {
    const table = comparisonTable(records, { against: 'Triplet', claim: { kind: 'not-smaller', by: 20 } });
    expect(table).toContain('not worse?');
    expect(table.match(/verified/g)).toHaveLength(2);
  });
});
