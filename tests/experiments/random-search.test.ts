import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseCommand } from '../../src/cli/choose-command.js';
import { parseExperimentFile, readExperiment, readExtended } from '../../src/experiments/experiment-file.js';
import { chooseTry, drawTries, type Search, widened } from '../../src/experiments/random-search.js';
import { writeRecord } from '../../src/experiments/record-store.js';
import { runId } from '../../src/experiments/run-spec.js';
import { temporaryFolder } from '../picture-folder.js';
import { madeUpRecord } from '../report/synthetic-runs.js';

const search: Search = {
  seed: 3,
  rounds: [
    {
      count: 4,
      ranges: { 'optimizer.learningRate': { from: 0.001, to: 0.1 }, 'loss.margin': { choices: [1, 2] } },
    },
  ],
};
const settings = ['optimizer.learningRate', 'loss.margin'];

describe('random search', () => {
  it('draws the same tries each time, others for another method, and only within the ranges', () => {
    const tries = drawTries(search, 'A', settings);
    expect(drawTries(search, 'A', settings)).toEqual(tries);
    expect(drawTries(search, 'B', settings)).not.toEqual(tries);
    expect(tries).toHaveLength(4);
    for (const [, over] of tries as [
      string,
      { optimizer: { learningRate: number }; loss: { margin: number } },
    ][]) {
      expect(over.optimizer.learningRate).toBeGreaterThanOrEqual(0.001);
      expect(over.optimizer.learningRate).toBeLessThanOrEqual(0.1);
      expect([1, 2]).toContain(over.loss.margin);
    }
  });

  it('keeps the tries of earlier rounds when a round is added', () => {
    const more = widened(search, []);
    expect(drawTries(more, 'A', settings).slice(0, 4)).toEqual(drawTries(search, 'A', settings));
    expect(drawTries(more, 'A', settings)).toHaveLength(6);
  });

  it('chooses by validation Recall@1, and widens the range for all where the best lies at its edge', () => {
    const tries = drawTries(search, 'A', settings) as [string, { optimizer: { learningRate: number } }][];
    const largest = tries.reduce((a, b) =>
      a[1].optimizer.learningRate > b[1].optimizer.learningRate ? a : b,
    );
    const ranges = { ...search.rounds[0].ranges };
    const rate = largest[1].optimizer.learningRate;
    const records = tries.map(([label]) =>
      madeUpRecord({ method: `A · ${label}`, seed: 0, recall: label === largest[0] ? 0.9 : 0.5 }),
    );
    const chosen = chooseTry(search, 'A', settings, records);
    expect(chosen.record.method).toBe(`A · ${largest[0]}`);
    const near = {
      ...search,
      rounds: [{ count: 4, ranges: { ...ranges, 'optimizer.learningRate': { from: 0.001, to: rate } } }],
    };
    const edge = { ...chosen, atEdge: [{ place: 'optimizer.learningRate', end: 'to' as const }] };
    expect(widened(near, [edge]).rounds[1]).toEqual({
      count: 2,
      ranges: { ...ranges, 'optimizer.learningRate': { from: 0.001, to: 3 * rate } },
    });
    expect(() => chooseTry(search, 'A', settings, records.slice(1))).toThrow(
      /1 of the 4 tries of A have no record/,
    );
  });

  it('takes the better MAP@R of two tries with the same Recall@1', () => {
    const records = drawTries(search, 'A', settings).map(([label], i) => {
      const record = madeUpRecord({ method: `A · ${label}`, seed: 0, recall: 0.5 });
      const curve = record.curve.map((point) => ({
        ...point,
        validationMeanAveragePrecisionAtR: i === 2 && point.step === record.chosenStep ? 0.3 : 0.2,
      }));
      return { ...record, curve };
    });
    expect(chooseTry(search, 'A', settings, records).record.method).toBe(records[2].method);
  });

  it('of a setting without a range is refused', () => {
    expect(() => drawTries(search, 'A', ['model.radius'])).toThrow(
      /A searches model.radius, but search.rounds.0/,
    );
  });
});

describe('kit choose', () => {
  it('counts no records of tries that the experiment file no longer has', () => {
    const [folder, results] = [temporaryFolder(), temporaryFolder()];
    const path = join(folder, 'mine.json');
    const file = JSON.parse(readFileSync('experiments/cars-methods-search.json', 'utf8'));
    const base = resolve('experiments/shared/cars-head.json');
    const write = (steps: number) =>
      writeFileSync(
        path,
        JSON.stringify({
          ...file,
          extends: base,
          methods: file.methods.slice(0, 1),
          base: { ...file.base, steps },
        }),
      );
    write(500);
    for (const spec of readExperiment(path, {}).specs)
      writeRecord(results, {
        ...madeUpRecord({ method: spec.method, seed: 0, recall: 0.5, tested: false }),
        id: runId(spec),
        experiment: spec.experiment,
      });
    const choose = () => chooseCommand(path, { profile: 'search', results });
    expect(choose).not.toThrow();
    write(900);
    expect(choose).toThrow(/11 of the 11 tries of Triplet \(semi-hard\) have no record yet/);
  });
});

describe('the experiment files of the kit', () => {
  const paths = readdirSync('experiments')
    .filter((file) => file.endsWith('.json'))
    .map((file) => `experiments/${file}`);

  it.each(paths)('%s lays out valid runs in every profile', (path) => {
    const { profiles } = parseExperimentFile(readExtended(path), path);
    for (const profile of Object.keys(profiles))
      expect(readExperiment(path, { profile }).specs.length).toBeGreaterThan(0);
  });
});
