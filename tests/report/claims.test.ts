import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';
import { writeRecord } from '../../src/experiments/record-store.js';
import {
  CLAIMS,
  claimsMarkdown,
  claimsOverview,
  type DeclaredClaim,
  judgeClaims,
} from '../../src/report/claims.js';
import {
  compareWithPublished,
  publishedTable,
  readPublishedValues,
} from '../../src/report/published-values.js';
import { README_EXPERIMENTS, readmeTable, withReadmeTable } from '../../src/report/readme-table.js';
import { temporaryFolder } from '../picture-folder.js';
import { madeUpRecord } from './synthetic-runs.js';

const test = (experiment: string, first: string, second: string) =>
  ({ experiment, profile: 'p', first, second, claim: { kind: 'larger' } }) as const;
const claim = (...tests: DeclaredClaim['tests']): DeclaredClaim => ({
  id: 'x',
  source: 'someone',
  sentence: 'A beats B.',
  tests,
  changedBy: 'more runs',
});

describe('claims', () => {
  const results = temporaryFolder();
  for (const [experiment, lead] of [
    ['wins-p', 0.2],
    ['loses-p', -0.2],
  ] as const)
    for (const seed of [0, 1, 2]) {
      const record = (method: string, recall: number) => ({
        ...madeUpRecord({ method, seed, recall }),
        experiment,
      });
      writeRecord(results, record('A', 0.5 + lead + seed / 1000));
      writeRecord(results, record('B', 0.5));
    }

  const finding = (...tests: DeclaredClaim['tests']) => judgeClaims(results, [claim(...tests)])[0].finding;

  it('are verified or falsified where the experiments agree, inconclusive where they do not', () => {
    expect(finding(test('wins', 'A', 'B'))).toBe('verified');
    expect(finding(test('loses', 'A', 'B'))).toBe('falsified');
    expect(finding(test('wins', 'A', 'B'), test('loses', 'A', 'B'))).toBe('inconclusive');
  });

  it('without records, or without a comparison, are not tested and stand in the list all the same', () => {
    expect(finding(test('nowhere', 'A', 'B'))).toBe('not tested');
    expect(finding()).toBe('not tested');
    const text = claimsMarkdown(judgeClaims(results));
    for (const { sentence } of CLAIMS) expect(text).toContain(sentence);
  });

  it('are shown by id as results/claims.md has them, and an id that is none is refused with those that are', () => {
    const [head, , row] = claimsOverview('results', ['lifted-beats-triplet']).split('\n');
    expect(head).toBe('| Claim | Source | Verdict | Experiments |');
    const { sentence } = CLAIMS.find(({ id }) => id === 'lifted-beats-triplet') as DeclaredClaim;
    expect(readFileSync('results/claims.md', 'utf8')).toContain(
      row.replace(sentence, `[${sentence}](#lifted-beats-triplet)`),
    );
    expect(() => claimsOverview('results', ['nothing'])).toThrow(/no claim nothing; there are joint-beats/);
  });

  it('name experiments, profiles and methods that are there', () => {
    for (const { experiment, profile, first, second } of CLAIMS.flatMap(({ tests }) => tests)) {
      const methods = readExperiment(`experiments/${experiment}.json`, { profile }).specs.map(
        (spec) => spec.method,
      );
      expect(methods, experiment).toEqual(expect.arrayContaining([first, second]));
    }
  });

  it('of results/claims.md are what the committed records say', () => {
    expect(readFileSync('results/claims.md', 'utf8')).toBe(claimsMarkdown(judgeClaims('results')));
  });
});

describe('the README', () => {
  it('has the table that the committed records make', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(readme).toContain(readmeTable('results'));
    expect(withReadmeTable(readme, 'results')).toBe(readme);
    const [head, , ...rows] = readmeTable('results')
      .split('\n')
      .map((row) => row.split(' | '));
    const columns = README_EXPERIMENTS.filter(({ heading }) => head.join().includes(heading));
    expect(columns.length).toBeGreaterThan(0);
    for (const [i, { name }] of columns.entries()) {
      const table = readFileSync(`results/tables/${name}.md`, 'utf8');
      for (const [method, ...cells] of rows) {
        const [recall] = cells[i].replace(' |', '').split(',');
        const row = table
          .split('\n')
          .find((line) => [' |', ' ('].some((end) => line.startsWith(method + end)));
        if (recall.trim() !== '') expect(row).toContain(`| ${recall.trim()} |`);
      }
    }
  });
});

describe('published values', () => {
  it('all have source, table and status', () => {
    expect(readPublishedValues().length).toBeGreaterThan(100);
  });

  const whole = (recall: number, changes: object = {}) =>
    [0, 1, 2].map((seed) => {
      const record = madeUpRecord({ method: 'Triplet', seed, recall: recall + seed / 1000 });
      const spec = {
        dataset: { name: 'cub-200' },
        split: { name: 'paper' },
        model: { name: 'googlenet', trains: 'all', embeddingDimension: 512 },
        loss: { name: 'triplet' },
        ...changes,
      };
      return { ...record, spec };
    });
  it('stand beside ours in a table', () => {
    expect(publishedTable(whole(0.36))).toContain('| Triplet: 36.1 ± 0.2 |');
    expect(publishedTable([madeUpRecord({ method: 'Raw', seed: 0, recall: 0.3, trained: false })])).toMatch(
      /^\| Score \|.*\n\|[ -|]*$/,
    );
  });

  const rambo = readPublishedValues().filter(({ value }) => value === 36.1);

  it('are the same within our interval, differ, or are not comparable for a reason that is said', () => {
    expect(compareWithPublished(whole(0.36), rambo)[0]).toMatchObject({ finding: 'same within interval' });
    expect(compareWithPublished(whole(0.5), rambo)[0]).toMatchObject({
      finding: 'differs',
      reason: '+14.0 points',
    });
    const head = { model: { name: 'googlenet', trains: 'head', embeddingDimension: 64 } };
    expect(compareWithPublished(whole(0.36, head), rambo)[0]).toMatchObject({
      finding: 'not comparable',
      reason: 'ours trains a part of the network; ours has 64 dimensions',
    });
  });
});
