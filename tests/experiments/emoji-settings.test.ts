import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';
import { readRecords } from '../../src/index.js';

interface Settings {
  readonly loss: unknown;
  readonly model: unknown;
  readonly batch: unknown;
  readonly optimizer: unknown;
}

const settings = ({ loss, model, batch, optimizer }: Settings) => ({ loss, model, batch, optimizer });

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
    const validation = (run: (typeof tries)[number]) =>
      Math.max(...run.curve.map((point) => point.validationRecallAt1));
    const own = tries.filter((run) => run.method.startsWith(`${spec.method} · `));
    const best = Math.max(...own.map(validation));
    const chosen = own.find((run) =>
      isDeepStrictEqual(settings(run.spec as unknown as Settings), settings(spec)),
    );
    expect(chosen && validation(chosen)).toBe(best);
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
