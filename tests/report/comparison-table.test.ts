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

  it('sets each method beside its own, as one table whose p-values are corrected together', () => {
    const near = (method: string, recall: number) =>
      [0, 1, 2].map((seed) => madeUpRecord({ method, seed, recall: recall + [0, 0.01, 0.001][seed] }));
    const pairs = [
      ...runs('Angular, mined', 0.5),
      ...near('Angular', 0.47),
      ...runs('N-pair, mined', 0.3),
      ...near('N-pair', 0.27),
    ];
    const table = (own: typeof pairs) =>
      comparisonTable(own, { against: (method) => method.split(', mined')[0] });
    const [head, , ...rows] = table(pairs).split('\n');
    expect(head).toBe('| R@1 | points | better? | over |');
    expect(rows.map((row) => row.split(' | ').at(0))).toEqual([
      '| Angular, mined, less Angular',
      '| N-pair, mined, less N-pair',
    ]);
    const pOf = (text: string) => Number(/p = ([\d.]+)/.exec(text)?.[1]);
    expect(pOf(rows[0])).toBeCloseTo(2 * pOf(table(pairs.slice(0, 6))), 2);
  });

  it('asks what it is told to ask', () => {
    const table = comparisonTable(records, { against: 'Triplet', claim: { kind: 'not-smaller', by: 20 } });
    expect(table).toContain('at most 20 worse?');
    // The p-value is of a difference of zero, which is not what was asked.
    expect(table).not.toContain('p =');
    expect(table.match(/verified/g)).toHaveLength(2);
  });
});
