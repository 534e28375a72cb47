import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bestValidationRecallAt1 } from '../../src/experiments/best-validation.js';
import { parseExperimentFile, readExperiment, readExtended } from '../../src/experiments/experiment-file.js';
import { readRecords } from '../../src/index.js';

interface Settings {
  readonly loss: unknown;
  readonly model: unknown;
  readonly batch: unknown;
  readonly optimizer: unknown;
}

const settings = ({ loss, model, batch, optimizer }: Settings) => ({ loss, model, batch, optimizer });

describe.each([
  ['cars-methods', 'paper'],
  ['cub-crops-methods', 'paper'],
  ['emoji-methods', 'seeds'],
])('the settings of %s', (name, profile) => {
  const path = `experiments/${name}.json`;
  const { methods } = parseExperimentFile(readExtended(path), path);
  const { specs } = readExperiment(path, { profile, seeds: 1 });
  const tries = readRecords('results', `${name}-search-search`);
  const triesOf = (method: string) => tries.filter((run) => run.method.startsWith(`${method} · `));
  const chosen = methods.flatMap(({ method, chosen }) => (chosen === undefined ? [] : [{ method, chosen }]));

  it('were chosen for every loss among equally many tries, none of which read the test classes', () => {
    expect(chosen).toHaveLength(specs.filter(({ loss }) => loss !== null).length);
    expect(new Set(chosen.map(({ method }) => triesOf(method).length)).size).toBe(1);
    for (const {
      method,
      chosen: { tries },
    } of chosen)
      expect(triesOf(method)).toHaveLength(tries);
    expect(tries.every(({ metrics }) => metrics === null)).toBe(true);
  });

  it.each(chosen)('are those of the try with the best validation Recall@1: $method', ({ method, chosen }) => {
    const run = tries.find(({ id }) => id === chosen.run);
    expect(run && bestValidationRecallAt1(run)).toBe(
      Math.max(...triesOf(method).map(bestValidationRecallAt1)),
    );
    expect(chosen.validationRecallAt1).toBe(run && bestValidationRecallAt1(run));
    const spec = specs.find((one) => one.method === method);
    expect(
      isDeepStrictEqual(settings(run?.spec as unknown as Settings), settings(spec as unknown as Settings)),
    ).toBe(true);
  });
});

describe('the settings of the emoji experiment', () => {
  const tries = readRecords('results', 'emoji-tuning-grid');
  const tuned = readExperiment('experiments/emoji.json', { profile: 'full', seeds: 1 }).specs.filter(
    ({ loss }) => loss !== null,
  );

  it('were chosen among equally many tries of each method, none of which read the test classes', () => {
    const counts = tuned.map(
      ({ method }) => tries.filter((run) => run.method.startsWith(`${method} · `)).length,
    );
    expect(new Set(counts)).toEqual(new Set([12]));
    expect(tries.every(({ metrics }) => metrics === null)).toBe(true);
  });

  it.each(tuned)('are those of the best validation Recall@1: $method', (spec) => {
    const own = tries.filter((run) => run.method.startsWith(`${spec.method} · `));
    const best = Math.max(...own.map(bestValidationRecallAt1));
    const chosen = own.find((run) =>
      isDeepStrictEqual(settings(run.spec as unknown as Settings), settings(spec)),
    );
    expect(chosen && bestValidationRecallAt1(chosen)).toBe(best);
  });
});

describe('emoji-grid-settings', () => {
  const laidOut = (name: string) => readExperiment(`experiments/${name}.json`, { profile: 'seeds' }).specs;
  const grid = laidOut('emoji-grid-settings');
  const searched = laidOut('emoji-methods');
  const full = readExperiment('experiments/emoji.json', { profile: 'full', seeds: 1 }).specs;

  it.each(grid)(
    'has the settings of the grid, and all else as emoji-methods: $method, seed $seed',
    (spec) => {
      const { method, seed } = spec;
      const other = searched.find((one) => one.method === method && one.seed === seed);
      const allElse = ({ experiment, optimizer, model, loss, ...rest }: typeof spec) => ({
        ...rest,
        optimizer: { ...optimizer, learningRate: 0, weightDecay: 0 },
        model: { ...model, radius: 0 },
        loss: { ...loss, margin: 0 },
      });
      expect(allElse(spec)).toEqual(other && allElse(other));
      const tuned = full.find((one) => one.method === method);
      expect(settings(spec)).toEqual(tuned && settings(tuned));
    },
  );
});
