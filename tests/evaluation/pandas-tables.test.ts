import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEmbeddingFile } from '../../src/evaluation/read-embeddings.js';
import { runKit } from '../cli/run-kit.js';
import { temporaryFolder } from '../picture-folder.js';

const fixtures = resolve('tests', 'evaluation', 'fixtures', 'pandas');
const expected = JSON.parse(readFileSync(join(fixtures, 'scores.json'), 'utf8'));
const tables = readdirSync(fixtures).filter((name) => /\.[ct]sv$/.test(name));

describe('a table that pandas wrote gives the rows that went in, and the scores of scikit-learn and NumPy:', () => {
  it('all 15 of them', () => expect(tables).toHaveLength(15));

  it.each(tables)('%s', { timeout: 60_000 }, (name) => {
    const path = join(fixtures, name);
    const { table, classNames } = readEmbeddingFile(path);
    expect(table.vectors).toEqual(Float32Array.from(expected.rows.flat()));
    if (name.startsWith('words'))
      expect(Array.from(table.labels, (label) => classNames?.[label])).toEqual(expected.words);
    else expect(Array.from(table.labels)).toEqual(expected.labels);
    const out = join(temporaryFolder(), 'scores.json');
    const { status, stderr } = runKit(['evaluate', path, '--ks', '1,2,4,8', '--out', out]);
    expect([stderr, status]).toEqual(['', 0]);
    const { metrics } = JSON.parse(readFileSync(out, 'utf8'));
    expect(metrics.recallAtK).toEqual(expected.recallAtK);
    for (const score of ['meanAveragePrecisionAtR', 'rPrecision', 'meanReciprocalRank'])
      expect(metrics[score]).toBeCloseTo(expected[score], 12);
  });
});
