import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseExperimentFile, readExperiment, readExtended } from '../../src/experiments/experiment-file.js';
import { type RunRecord, readRecords } from '../../src/index.js';

interface Settings {
  readonly loss: unknown;
  readonly model: unknown;
  readonly batch: unknown;
  readonly optimizer: unknown;
}

const settings = ({ loss, model, batch, optimizer }: Settings) => ({ loss, model, batch, optimizer });
const validation = ({ curve }: RunRecord) => Math.max(...curve.map((point) => point.validationRecallAt1));

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
    expect(run && validation(run)).toBe(Math.max(...triesOf(method).map(validation)));
    expect(chosen.validationRecallAt1).toBe(run && validation(run));
    const spec = specs.find((one) => one.method === method);
    expect(
      isDeepStrictEqual(settings(run?.spec as unknown as Settings), settings(spec as unknown as Settings)),
    ).toBe(true);
  });
});
