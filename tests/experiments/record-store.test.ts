import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordPath, writeRecord } from '../../src/experiments/record-store.js';
import { readRecords } from '../../src/index.js';
import { temporaryFolder } from '../picture-folder.js';
import { madeUpRecord } from '../report/synthetic-runs.js';

describe('a record', () => {
  const classScores = {
    labels: [0, 1, 2],
    queries: [6, 6, 5],
    hitsAt1: [3, 0, 5],
    meanAveragePrecisionAtR: [0.25, 0, 0.9],
  };
  const record = {
    ...madeUpRecord({ method: 'Angular [1, 2]', seed: 0, recall: 0.5 }),
    format: 2,
    classScores,
  } as const;

  it('holds scores by class, a list a line, and is read as it was written', () => {
    const results = temporaryFolder();
    writeRecord(results, record);
    expect(readRecords(results, 'made-up')).toEqual([record]);
    const text = readFileSync(recordPath(results, 'made-up', record.id), 'utf8');
    expect(text).toContain('"meanAveragePrecisionAtR": [0.25,0,0.9]');
  });

  it('of format 1, without them, is still read; of a format to come it is refused', () => {
    expect(readRecords('results', 'emoji-full').every(({ format }) => format === 1)).toBe(true);
    const results = temporaryFolder();
    const path = recordPath(results, 'made-up', record.id);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify({ ...record, format: 3 }));
    expect(() => readRecords(results, 'made-up')).toThrow(/not a run record of format 1 or 2/);
  });
});
