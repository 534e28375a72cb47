import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

/** Three classes on their own axes; the last row of each leans towards the next. */
function embeddings(): string {
  const path = join(temporaryFolder(), 'embeddings.csv');
  const row = (label: number, lean: number) =>
    [0, 1, 2].map((axis) => (axis === label ? 1 : axis === (label + 1) % 3 ? lean : 0)).concat(label);
  const rows = [0, 1, 2].flatMap((label) => [row(label, 0), row(label, 0.1), row(label, 1.5)]);
  writeFileSync(path, `${rows.map((cells) => cells.join(',')).join('\n')}\n`);
  return path;
}

describe('kit evaluate', () => {
  it('writes a record, a table and a page that agree', () => {
    const path = embeddings();
    const out = join(temporaryFolder(), 'scores');
    const { status, stdout } = runKit([
      'evaluate',
      path,
      '--ks',
      '1,2',
      '--bootstrap',
      '200',
      '--out',
      `${out}.json`,
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Recall@1\s+66\.67 {2}95% [\d.]+ to [\d.]+/);
    const record = JSON.parse(readFileSync(`${out}.json`, 'utf8'));
    expect(record).toMatchObject({
      format: 1,
      kind: 'evaluation',
      embeddings: { path, rows: 9, dimension: 3, classes: 3 },
      intervals: { draws: 200 },
      queries: 9,
    });
    expect(record.metrics.recallAtK[1]).toBeCloseTo(2 / 3);
    const [low, high] = record.intervals.byScore['recallAtK.1'];
    const csv = readFileSync(`${out}.csv`, 'utf8').split('\n');
    expect(csv[0]).toBe('score,percent,low,high');
    expect(csv[1]).toBe(`Recall@1,66.6667,${(100 * low).toFixed(4)},${(100 * high).toFixed(4)}`);
    const cells = ['66.67', ...[low, high].map((end) => (100 * end).toFixed(2))];
    expect(readFileSync(`${out}.md`, 'utf8')).toContain(`| Recall@1 | ${cells.join(' | ')} |`);
    const page = readFileSync(`${out}.html`, 'utf8');
    expect(page).toContain(
      `<th scope="row">Recall@1</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}`,
    );
    expect(page).toContain(record.embeddings.sha256);
    expect(page).not.toMatch(/(?:src|href)="http/);
  });

  it('leaves intervals out where none are asked for, and writes nothing without --out', () => {
    const path = embeddings();
    const out = join(temporaryFolder(), 'scores');
    runKit(['evaluate', path, '--ks', '1', '--out', out]);
    expect(readFileSync(`${out}.csv`, 'utf8')).toMatch(/^score,percent,low,high\nRecall@1,66\.6667,,\n/);
    expect(readFileSync(`${out}.md`, 'utf8')).toMatch(/^\| Score \| % \|\n/);
    const { stdout } = runKit(['evaluate', path, '--ks', '1']);
    expect(stdout).not.toMatch(/95%|\.json/);
    expect(existsSync(join(path, '..', 'scores.json'))).toBe(false);
  });

  it.each(['0', '-3', 'many'])('refuses %s bootstrap draws', (draws) => {
    const { status, stderr } = runKit(['evaluate', embeddings(), '--bootstrap', draws]);
    expect(stderr).toMatch(/expected a whole number, 1 or more/);
    expect(status).toBe(1);
  });
});

describe('kit bench', () => {
  it('names the benchmarks there are', () => {
    const { status, stderr } = runKit(['bench', 'nonsense']);
    expect(stderr).toMatch(/no benchmark "nonsense"; there are losses, training, features, evaluation/);
    expect(status).toBe(1);
  });
});
