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
