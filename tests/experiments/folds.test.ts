import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';
import { smallSpec, temporaryFolder } from '../picture-folder.js';

const { experiment, method, seed, ...base } = smallSpec('pictures') as Record<string, unknown>;
const profiles = { quick: { description: 'ten steps', seeds: [0, 1], spec: { steps: 10 } } };

describe('a profile of folds', () => {
  it('runs every fold with every seed, beside a profile of the papers’ split in the same file', () => {
    const split = { name: 'folds', count: 4, validation: 0.25, seed: 0 };
    const folded = { description: 'folds', seeds: [0, 1], folds: [0, 1, 2, 3], spec: { split } };
    const path = join(temporaryFolder(), 'both.json');
    const file = {
      name: 'both',
      title: 'Both',
      base,
      profiles: { ...profiles, folds: folded },
      methods: [{ method: 'Triplet', spec: {} }],
    };
    writeFileSync(path, JSON.stringify(file));
    const { name, specs } = readExperiment(path, { profile: 'folds' });
    expect(name).toBe('both-folds');
    expect(specs.map((spec) => [spec.seed, spec.split])).toEqual(
      [0, 1].flatMap((run) => [0, 1, 2, 3].map((fold) => [run, { ...split, fold }])),
    );
    expect(readExperiment(path, { profile: 'quick' }).specs[0].split.name).toBeUndefined();
  });
});
