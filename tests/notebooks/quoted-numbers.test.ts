import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executedNotebook } from '../../src/lab/executed-notebook.js';
import { type NotebookCell, sourceOf } from '../../src/lab/notebook-file.js';

const lessons = readdirSync('notebooks').filter((file) => /^\d.*\.ipynb$/.test(file));

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
    .replace(/```[\s\S]*?```|\$\$[\s\S]*?\$\$|\$[^$]*\$|`[^`]*`|\]\([^)]*\)/g, '')
    .match(/(?<![\d.,])\d{1,3}\.\d+(?![\d.]*\d)/g) ?? [];

/** The words of a chart, without its coordinates. */
const textOf = (svg: unknown) =>
  [svg]
    .flat()
    .join('')
    .match(/>[^<>]+</g) ?? [];

function cellsOf(file: string): readonly NotebookCell[] {
  const executed = executedNotebook(join('notebooks', file), 'results/notebooks');
  if (executed === undefined)
    throw new Error(`results/notebooks/${file} is no execution of the notebook as it is`);
  return executed.cells;
}

/** Code and outputs of notebooks. */
const shownIn = (cells: readonly NotebookCell[]) =>
  JSON.stringify(
    cells.filter(({ cell_type }) => cell_type === 'code'),
    (key, value) => (/^image\//.test(key) ? textOf(value) : value),
  );

function fromElsewhere(prose: string, shown: string): string[] {
  const isShown = (number: string) =>
    new RegExp(`(?<![\\d.])${number.replace('.', '\\.')}(?!\\d)`).test(shown);
  return [...new Set(numbersOf(prose).filter((number) => !isShown(number)))].sort();
}

describe('prose quotes no number with a point that is not shown beside it, but those whose origin is named here:', () => {
  it.each(lessons)('%s', (file) => {
    const cells = cellsOf(file);
    // Answers say what comes out of a changed copy; answers.test.ts holds them.
    const prose = cells.filter(({ cell_type, id }) => cell_type === 'markdown' && id !== 'answers');
    const quoted = fromElsewhere(prose.map(sourceOf).join('\n\n'), shownIn(cells));
    expect(quoted).toEqual(Object.keys(QUOTED_FROM[file] ?? {}).sort());
  });

  it('the README, of notebooks 12 and 14', () => {
    const prose = readFileSync('README.md', 'utf8').replace(/<!-- methods:[\s\S]*<!-- \/methods -->/, '');
    const quoted = fromElsewhere(
      prose,
      shownIn(lessons.filter((file) => /^1[24]/.test(file)).flatMap(cellsOf)),
    );
    expect(quoted).toEqual(['20.19']); // Node's
  });
});
