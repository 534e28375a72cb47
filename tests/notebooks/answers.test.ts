import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { combinations, max, mean, min } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../src/experiments/record-store.js';
import { CONVERGENCE_COLUMN, scoreOf } from '../../src/report/comparison.js';
import type { RunRecord } from '../../src/types/run-record.js';

interface Cell {
  readonly source: readonly string[];
}

function answersOf(number: string): string {
  const file = readdirSync('notebooks').find((name) => name.startsWith(`${number}-`)) as string;
  const { cells } = JSON.parse(readFileSync(join('notebooks', file), 'utf8')) as { cells: Cell[] };
  return cells.map(({ source }) => source.join('')).find((text) => text.startsWith('<details>')) as string;
}

function byName(records: readonly RunRecord[], nameOf = ({ method }: RunRecord) => method) {
  const names = [...new Set(records.map(nameOf))];
  return Object.fromEntries(names.map((name) => [name, records.filter((record) => nameOf(record) === name)]));
}

const recalls = ({ curve }: RunRecord) => curve.map(({ validationRecallAt1 }) => 100 * validationRecallAt1);
const bestOf = (record: RunRecord) => max(recalls(record));
const span = (values: number[]) => max(values) - min(values);
const lossOfTry = ({ method }: RunRecord) => method.split(' · ')[0];

/** The number of an answer, as it is written, beside what the records give. */
const close = (written: string, value: number) =>
  expect(value.toFixed(written.split('.')[1]?.length ?? 0)).toBe(written);

describe('numbers of records in the answers to exercises', () => {
  it('04: how far the tries of a loss lie apart', () => {
    const tries = Object.values(byName(readRecords('results', 'emoji-tuning-grid'), lossOfTry)).map((own) =>
      own.map(bestOf),
    );
    const [, largest, least, between] =
      /Contrastive, ([\d.]+) points.* by ([\d.]+) points or more, and the best two differ by ([\d.]+):/.exec(
        answersOf('04'),
      ) ?? [];
    const spans = tries.map(span);
    close(largest, max(spans));
    close(least, min(spans));
    const bests = tries.map((own) => max(own)).sort((a, b) => b - a);
    close(between, bests[0] - bests[1]);
  });

  it('10: what 24 tries are worth beside 8', () => {
    const rowNames = ['triplet', 'hinge + margin', 'hinge + smaller α'];
    const written = answersOf('10').match(
      /Cars ([\d.]+) .*?, ([\d.]+) .*?, ([\d.]+) .*? emoji ([\d.]+), ([\d.]+) and ([\d.]+)\./,
    );
    const worth = ['cars-pool5', 'emoji-pixels'].flatMap((name) => {
      const { rows } = JSON.parse(readFileSync(`results/thread/${name}.json`, 'utf8')) as {
        rows: { name: string; tries: { validationRecallAt1: number }[] }[];
      };
      return rowNames.map((row) => {
        const tries = rows.find((own) => own.name === row)?.tries ?? [];
        const falling = tries.map(({ validationRecallAt1 }) => validationRecallAt1).sort((a, b) => b - a);
        // Of all choices of 8, that many have the try as their best.
        const chances = falling.slice(0, -7).map((_, i) => combinations(23 - i, 7) / combinations(24, 8));
        return falling[0] - chances.reduce((sum, chance, i) => sum + chance * falling[i], 0);
      });
    });
    expect(worth).toHaveLength(6);
    for (const [i, value] of worth.entries()) close(written?.[i + 1] as string, value);
  });

  it('12: which steps were chosen, and what the last lacks', () => {
    const trained = readRecords('results', 'cars-methods-paper').filter(({ spec }) => spec.loss !== null);
    const { Contrastive: own, ...others } = byName(trained);
    const [, first, last, average, low, high, from, to] =
      /steps (\d+) to (\d+), (\d+) in the mean, .* is ([\d.]+) to ([\d.]+) points below .* mean is (\d+) to (\d+)\./.exec(
        answersOf('12'),
      ) ?? [];
    const steps = own.map(({ chosenStep }) => chosenStep);
    expect([first, last, average].map(Number)).toEqual([min(steps), max(steps), mean(steps)]);
    const lacks = own.map((record) => bestOf(record) - (recalls(record).at(-1) as number));
    close(low, min(lacks));
    close(high, max(lacks));
    const means = Object.values(others).map((records) => mean(records.map(({ chosenStep }) => chosenStep)));
    expect([from, to].map(Number)).toEqual([min(means), max(means)]);
  });

  it('15: what a small embedding costs', () => {
    const records = byName(readRecords('results', 'cars-dimension-paper'));
    const recall = (method: string) => mean(records[method].map((one) => scoreOf(one, 'R@1') as number));
    const costs = (loss: string, dimension: number) =>
      recall(`${loss}, 512`) - recall(`${loss}, ${dimension}`);
    const [, triplet, joint, both] =
      /([\d.]+) points of Recall@1 with triplet and ([\d.]+) with N-pair .* costs ([\d.]+) with both/.exec(
        answersOf('15'),
      ) ?? [];
    close(triplet, costs('Triplet', 32));
    close(joint, costs('N-pair & angular', 32));
    close(both, costs('Triplet', 128));
    close(both, costs('N-pair & angular', 128));
  });

  it('16: the narrowest spans of tries, and where two losses change places', () => {
    const searched = byName(readRecords('results', 'cars-methods-search-search'), lossOfTry);
    const spans = Object.entries(searched)
      .map(([loss, own]) => [loss, span(own.map(bestOf))] as const)
      .sort((a, b) => a[1] - b[1]);
    const text = answersOf('16');
    const [, angular, joint] = /Angular, ([\d.]+) points \(N-pair & angular ([\d.]+)\)/.exec(text) ?? [];
    expect(spans.slice(0, 2).map(([loss]) => loss)).toEqual(['Angular', 'N-pair & angular']);
    close(angular, spans[0][1]);
    close(joint, spans[1][1]);

    const curves = readRecords('results', 'cars-convergence-curves');
    const at = (method: string) =>
      scoreOf(curves.find((record) => record.method === method) as RunRecord, CONVERGENCE_COLUMN) as number;
    const lead = (rate: string) => at(`Angular, batch form · ${rate}`) - at(`Triplet · ${rate}`);
    const [, ahead, behind] =
      /batch form led by ([\d.]+), and SGD 0\.1, where triplet led by (\d+\.\d+)/.exec(text) ?? [];
    close(ahead, lead('SGD 0.01'));
    close(behind, -lead('SGD 0.1'));
  });
});
