import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';
import { smallSpec, temporaryFolder } from '../picture-folder.js';

const { experiment, method, seed, ...base } = smallSpec('pictures') as Record<string, unknown>;
const profiles = { quick: { description: 'ten steps', seeds: [0, 1], spec: { steps: 10 } } };
const methods = [
  { method: 'Triplet', spec: {} },
  { method: 'Other', spec: { steps: 7 } },
];

function write(folder: string, name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

describe('an experiment that extends another', () => {
  const folder = temporaryFolder();
  write(folder, 'parent.json', { name: 'parent', title: 'Parent', base, profiles, methods });

  it('goes on from its base and profiles key by key, and has its own name, title and methods', () => {
    const path = write(folder, 'child.json', {
      extends: 'parent.json',
      name: 'child',
      title: 'Child',
      base: { validateEvery: 5 },
      profiles: { quick: { seeds: [3] } },
      methods: [{ method: 'Only', spec: {} }],
    });
    const child = readExperiment(path, { profile: 'quick' });
    expect(child).toMatchObject({ name: 'child-quick', title: 'Child', description: 'ten steps' });
    expect(child.specs.map((spec) => [spec.method, spec.seed, spec.steps, spec.validateEvery])).toEqual([
      ['Only', 3, 10, 5],
    ]);
  });

  it('keeps the methods of the other where it names none', () => {
    const path = write(folder, 'same.json', { extends: 'parent.json', name: 'same', title: 'Same' });
    expect(readExperiment(path, { profile: 'quick' }).specs.map((spec) => spec.method)).toEqual([
      'Triplet',
      'Other',
      'Triplet',
      'Other',
    ]);
  });

  it('names the other relative to itself, or by a whole path', () => {
    const elsewhere = temporaryFolder();
    const path = write(elsewhere, 'far.json', {
      extends: join(folder, 'parent.json'),
      name: 'far',
      title: 'Far',
    });
    expect(readExperiment(path, { profile: 'quick' }).specs).toHaveLength(4);
  });

  it('says which file asks for one that is not there, and names a circle', () => {
    const lost = write(folder, 'lost.json', { extends: 'nowhere.json', name: 'lost', title: 'Lost' });
    expect(() => readExperiment(lost, { profile: 'quick' })).toThrow(
      /no experiment file .*nowhere\.json, which .*lost\.json extends/,
    );
    const one = write(folder, 'one.json', { extends: 'two.json' });
    write(folder, 'two.json', { extends: 'one.json' });
    expect(() => readExperiment(one, { profile: 'quick' })).toThrow(
      /extends itself: .*one\.json extends .*two\.json extends .*one\.json/,
    );
  });
});
