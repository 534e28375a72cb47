import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { notebookNamed, notebooksIn } from '../../src/lab/notebook-names.js';
import { temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

const folder = () => {
  const own = temporaryFolder();
  symlinkSync(resolve('node_modules'), join(own, 'node_modules'));
  return own;
};

const code = (source: string) => ({
  cell_type: 'code',
  source,
  outputs: [],
  execution_count: null,
  metadata: {},
});

/** Writes notebooks of one cell each into a folder of their own. */
function notebooks(sources: Record<string, string>): (name: string) => string {
  const own = folder();
  for (const [name, source] of Object.entries(sources)) {
    mkdirSync(dirname(join(own, name)), { recursive: true });
    const cells = [code(source)];
    writeFileSync(
      join(own, name),
      JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: cells }),
    );
  }
  return (name) => join(own, name);
}

const executed = (path: string) =>
  JSON.parse(readFileSync(path, 'utf8')) as {
    metadata: Record<string, string>;
    cells: { outputs: { text?: string }[] }[];
  };

describe('which notebook a word means', () => {
  const own = 'notebooks';
  const third = join(own, '03-what-the-scores-mean.ipynb');

  it.each(['03', '3', '03-what-the-scores-mean', 'what-the-scores-mean.ipynb', 'scores', third])(
    '%s: the third notebook',
    (word) => expect(notebookNamed(word, own)).toBe(third),
  );

  it('is a file before it is a name', () => {
    const at = notebooks({ '03': '1' });
    expect(notebookNamed(at('03'), own)).toBe(at('03'));
  });

  it('names all notebooks for a word that means none, and those that it may mean', () => {
    for (const path of notebooksIn(own))
      expect(() => notebookNamed('99', own)).toThrow(path.replace(/^.*\/|\.ipynb$/g, ''));
    expect(() => notebookNamed('angular', own)).toThrow(
      /in the names of several notebooks:\n {2}01-.*\n {2}10-/,
    );
    expect(() => notebookNamed('nowhere/03', own)).toThrow(/There is no notebook nowhere\/03/);
  });

  it('says of a folder how to name its notebooks', () => {
    expect(() => notebookNamed('notebooks', own)).toThrow(/is a folder.*kit lab notebooks\/\*\.ipynb/);
  });
});

describe('kit lab on several notebooks', () => {
  it('goes on after one that fails, and names all that failed at the end', () => {
    const at = notebooks({
      'a.ipynb': 'throw new RangeError("too far")',
      'b.ipynb': 'console.log("b ran")',
      'c.ipynb': 'const n: number = "text";',
    });
    const out = temporaryFolder();
    const { status, stderr, stdout } = runKit([
      'lab',
      ...['a.ipynb', 'b.ipynb', 'c.ipynb'].map(at),
      '--results',
      out,
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/2 of 3 notebooks failed:.*a\.ipynb, code cell 1: RangeError: too far.*c\.ipynb/s);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toContain(`${at('a.ipynb')}: failed`);
    expect(executed(join(out, 'notebooks', 'b.ipynb')).cells[0].outputs[0].text).toBe('b ran\n');
  });

  it('keeps the folders of those that have one name', () => {
    const at = notebooks({ 'one/x.ipynb': 'console.log(1)', 'two/x.ipynb': 'console.log(2)' });
    const out = temporaryFolder();
    const paths = ['one/x.ipynb', 'two/x.ipynb'];
    expect(runKit(['lab', ...paths.map(at), '--results', out]).status).toBe(0);
    for (const [i, path] of paths.entries()) {
      const { metadata, cells } = executed(join(out, 'notebooks', path));
      expect(metadata).toMatchObject({ executed_by: 'angular-loss-kit', executed_from: at(path) });
      expect(cells[0].outputs[0].text).toBe(`${i + 1}\n`);
    }
  });

  it('runs one that was named twice once', () => {
    const at = notebooks({ 'a.ipynb': '1' });
    const { stdout } = runKit(['lab', at('a.ipynb'), at('./a.ipynb'), '--results', temporaryFolder()]);
    expect(stdout.match(/cell 1 of 1/g)).toHaveLength(1);
  });
});

it('finds the kit and its packages from a notebook in any folder, with their types', {
  timeout: 240_000,
}, () => {
  const at = notebooks({
    'a.ipynb': `import { angularLoss, startBackend } from 'angular-loss-kit';
import * as tf from '@tensorflow/tfjs';
await startBackend();
const loss: tf.Scalar = angularLoss()(tf.tensor2d([[1, 0], [1, 0], [0, 1], [0, 1]]), [0, 0, 1, 1]);
console.log(loss.dataSync()[0]);`,
    'wrong.ipynb': "import { angularLoss } from 'angular-loss-kit'; angularLoss({ alphaDegrees: '45' });",
  });
  const out = temporaryFolder();
  const { stdout, stderr } = runKit(['lab', at('a.ipynb'), at('wrong.ipynb'), '--results', out]);
  expect(stdout).not.toContain(`${at('a.ipynb')}: failed`);
  const [{ text }] = executed(join(out, 'notebooks', 'a.ipynb')).cells[0].outputs;
  expect(Number(text)).toBeCloseTo(Math.log(1 + Math.exp(-4)), 5);
  expect(stderr).toMatch(/wrong\.ipynb.*'string' is not assignable to type 'number'/s);
});

describe('kit lab before anything runs', () => {
  const RUNS = 'process.exit(7)'; // would end the notebook, and the message with it

  it.each([
    ['/proc/nope', /Could not write .*no folder can be made there/],
    ['file', /Could not write .*is a file, not a folder/],
  ])('says that results can not go to %s', (place, message) => {
    const at = notebooks({ 'a.ipynb': RUNS });
    writeFileSync(at('file'), '');
    const results = place.startsWith('/') ? place : at(place);
    const { status, stderr, stdout } = runKit(['lab', at('a.ipynb'), '--results', results]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['a cell without source', { nbformat: 4, cells: [{ cell_type: 'code' }] }, /its cell 1 has no "source"/],
    [
      'a cell of no type',
      { nbformat: 4, cells: [code('1'), { source: '' }] },
      /its cell 2 has no "cell_type"/,
    ],
    ['no cells', { nbformat: 4 }, /cells/],
    ['an older format', { nbformat: 3, worksheets: [] }, /"nbformat" is not 4.*jupyter nbconvert/],
    ['a list', [], /JSON of another kind/],
    ['no JSON', 'hello', /can't be read as a notebook/],
    ['nothing', '', /can't be read as a notebook: the file is empty/],
    [
      'a notebook of Python',
      {
        nbformat: 4,
        metadata: { kernelspec: { name: 'python3', language: 'python' } },
        cells: [code('print(1)')],
      },
      /b\.ipynb is a notebook of python; kit lab runs those of TypeScript/,
    ],
  ])('says of %s what is wrong, and runs no other notebook', (_, content, message) => {
    const at = notebooks({ 'a.ipynb': RUNS });
    writeFileSync(at('b.ipynb'), typeof content === 'string' ? content : JSON.stringify(content));
    const { status, stderr, stdout } = runKit([
      'lab',
      at('a.ipynb'),
      at('b.ipynb'),
      '--results',
      temporaryFolder(),
    ]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('b.ipynb');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('reads over a byte order mark', () => {
    const at = notebooks({ 'a.ipynb': '1 + 1' });
    writeFileSync(at('a.ipynb'), `\uFEFF${readFileSync(at('a.ipynb'), 'utf8')}`);
    expect(runKit(['lab', at('a.ipynb'), '--results', temporaryFolder()]).status).toBe(0);
  });
});
