import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checksumOf,
  originOfTrial,
  readTrial,
  rowsSoFar,
  type TrialOrigin,
  type TrialRow,
  type TrialSets,
  writeTrial,
} from '../../notebooks/exhibits/thread-trials.js';
import { startBackend } from '../../src/index.js';
import { temporaryFolder } from '../picture-folder.js';

const features = (rows: number[][], labels: number[]) => ({
  vectors: Float32Array.from(rows.flat()),
  dimension: rows[0].length,
  labels: Int32Array.from(labels),
});
const sets = (first: number): TrialSets => ({
  train: features(
    [
      [first, 1],
      [2, 3],
    ],
    [0, 0],
  ),
  validation: features([[4, 5]], [1]),
  test: features(
    [
      [6, 7],
      [8, 9],
    ],
    [2, 3],
  ),
});
const row: TrialRow = { name: 'hinge', recallAt1: [30], silent: 99, tries: [], best: '', seconds: 1 };

describe('the record of a trial', () => {
  let origin: TrialOrigin;
  let engine: string;
  beforeAll(async () => {
    const backend = await startBackend({ threads: 1 });
    engine = backend.name;
    origin = await originOfTrial('made up', sets(0), { steps: 4, seeds: [1] }, backend);
  });
  const path = () => join(temporaryFolder(), 'thread', 'made-up.json');

  it('says commit, engine, device, versions, and how many classes and pictures of which data', () => {
    expect(origin.environment).toMatchObject({
      commit: expect.stringMatching(/^([0-9a-f]{40}(-dirty)?|unknown)$/),
      backend: engine,
      device: expect.any(String),
      versions: { node: process.versions.node },
    });
    expect(origin.data).toMatchObject({
      train: { classes: 1, images: 2 },
      validation: { classes: 1, images: 1 },
      test: { classes: 2, images: 2 },
    });
    expect(origin.data.checksum).not.toBe(checksumOf(sets(1)));
  });

  it('goes on after rows of the same origin', () => {
    const at = path();
    expect(rowsSoFar(at, origin)).toEqual([]);
    writeTrial(at, { kind: 'thread-trial', ...origin, rows: [row] });
    expect(rowsSoFar(at, origin)).toEqual([row]);
  });

  it('takes a whole record of another commit as it is, but none of other data', () => {
    const at = path();
    const environment = { ...origin.environment, commit: 'a'.repeat(40) };
    writeTrial(at, { kind: 'thread-trial', ...origin, environment, rows: [row] });
    expect(rowsSoFar(at, origin, ['hinge'])).toEqual([row]);
    expect(() => rowsSoFar(at, origin, ['hinge', 'triplet'])).toThrow(/differ in environment/);
    const data = { ...origin.data, checksum: 'b'.repeat(64) };
    expect(() => rowsSoFar(at, { ...origin, data: data }, ['hinge'])).toThrow(/differ in data/);
  });

  it('takes no rows of another commit, engine, budget or other data, and says which differs', () => {
    const at = path();
    writeTrial(at, { kind: 'thread-trial', ...origin, rows: [row] });
    const others: [string, TrialOrigin][] = [
      ['environment', { ...origin, environment: { ...origin.environment, commit: 'a'.repeat(40) } }],
      ['steps', { ...origin, steps: 5 }],
      ['data', { ...origin, data: { ...origin.data, checksum: 'b'.repeat(64) } }],
    ];
    for (const [what, other] of others)
      expect(() => rowsSoFar(at, other)).toThrow(new RegExp(`differ in ${what} .*delete the file`));
    writeFileSync(at, JSON.stringify({ data: 'words', rows: [row] }));
    expect(() => rowsSoFar(at, origin)).toThrow(/differ in data, steps, seeds, environment/);
    expect(readTrial(at).rows).toEqual([row]);
  });
});
