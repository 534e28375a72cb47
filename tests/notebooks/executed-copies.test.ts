import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executedNotebook } from '../../src/lab/executed-notebook.js';
import { sourceOf } from '../../src/lab/notebook-file.js';

const folder = 'results/notebooks';
const notebooks = readdirSync('notebooks').filter((file) => file.endsWith('.ipynb'));
/** An appendix makes a record, for hours, and shows little. */
const lessons = notebooks.filter((file) => !file.startsWith('appendix'));

/** Numbers in prose that come from elsewhere than the notebook's own code and outputs. */
const QUOTED_FROM: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '02-losses-and-mining-on-one-batch.ipynb': { '1.4': 'the cutoff of distance-weighted mining' },
  '03-what-the-scores-mean.ipynb': {
    '53.6': "the paper's table of CUB",
    '61.0': "the paper's table of CUB",
    '30.2': "the paper's table of CUB",
    '16.3': 'a section of a book',
  },
  '04-methods-on-emoji.ipynb': {
    '2.78': "Student's t, four degrees of freedom",
    '0.05': 'the level of the tests',
    '9.8': 'a radius of experiments/emoji-methods.json',
    '1.75': 'a radius of experiments/emoji-tuning.json',
    '4.2': 'a radius of experiments/emoji-methods.json',
    '33.9': 'validation classes of runs/emoji-full, untrained, mean of five seeds',
  },
  '11-faults-in-the-wild.ipynb': { '4.25': "notebook 10's question" },
  '13-which-angle.ipynb': {
    '0.29': '4 tan² 15°',
    '2.14': '2 (1 + tan² 15°)',
    '18.43': "notebook 06's bound",
  },
  '14-what-the-loss-is-made-of.ipynb': {
    '17.6': '4 · 2.1², the constant of the hinge at radius 2.1 and 45°',
  },
  '16-convergence-and-tuning.ipynb': {
    ...Object.fromEntries(['29.3', '28.9', '24.9', '28.5', '38.9', '41.8'].map((value) => [value, 'SVMax'])),
    '5.2': 'validation classes of runs/cars-methods-search-search, best tries',
  },
};

/** With a point and not more than three digits before it, so no number of arXiv; formulas, code and links left out. */
const numbersOf = (prose: string) =>
  prose
    .replace(/\$\$[\s\S]*?\$\$|\$[^$]*\$|`[^`]*`|\]\([^)]*\)/g, '')
    .match(/(?<![\d.,])\d{1,3}\.\d+(?![\d.]*\d)/g) ?? [];

/** The words of a chart, without its coordinates. */
const textOf = (svg: unknown) =>
  [svg]
    .flat()
    .join('')
    .match(/>[^<>]+</g) ?? [];

describe.each(lessons)(`${folder}/%s`, (file) => {
  const executed = executedNotebook(join('notebooks', file), folder);

  it('is an execution of the notebook as it is; `npm run lab` makes it anew', () => {
    expect(executed).toBeDefined();
  });

  it('ran to its end without an error', () => {
    const code = executed?.cells.filter(({ cell_type }) => cell_type === 'code') ?? [];
    expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, i) => i + 1));
    for (const { outputs } of code)
      for (const output of outputs ?? []) expect(output.output_type).not.toBe('error');
  });

  it('ran on the engine that a clone has, without a word of another', () => {
    const said = executed?.cells.flatMap(({ outputs }) => outputs ?? []) ?? [];
    expect(JSON.stringify(said)).not.toMatch(
      /tensorflow-(cpu|gpu), \d+ thread|webgpu, \d+ thread|artificially reduced/,
    );
  });

  it('quotes no number that it does not show, but those that come from elsewhere', () => {
    const cells = executed?.cells ?? [];
    const code = cells.filter(({ cell_type }) => cell_type === 'code');
    const shown = JSON.stringify(code, (key, value) => (/^image\//.test(key) ? textOf(value) : value));
    const isShown = (number: string) =>
      new RegExp(`(?<![\\d.])${number.replace('.', '\\.')}(?!\\d)`).test(shown);
    // Answers say what comes out of a changed copy; tests/notebooks/answers.test.ts holds them.
    const prose = cells.filter(({ cell_type, id }) => cell_type === 'markdown' && id !== 'answers');
    const elsewhere = new Set(
      prose.flatMap((cell) => numbersOf(sourceOf(cell))).filter((number) => !isShown(number)),
    );
    expect([...elsewhere].sort()).toEqual(Object.keys(QUOTED_FROM[file] ?? {}).sort());
  });

  it('says no times, so that the same notebook gives the same bytes, and is small', () => {
    expect(JSON.stringify(executed)).not.toMatch(/"text\/plain": ?"[^"]*, \d+ s"/);
    expect(statSync(join(folder, file)).size).toBeLessThan(2_500_000);
  });
});

it('keeps no copy of a notebook that is not there', () => {
  const kept = execFileSync('git', ['ls-files', folder], { encoding: 'utf8' }).trim().split('\n');
  expect(kept.filter((path) => !notebooks.includes(basename(path)))).toEqual([]);
});
