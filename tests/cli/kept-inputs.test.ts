import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, makePictureFolder, smallSpec, temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

const TABLE = '1,0,0\n1,0.1,0\n0,1,1\n0.1,1,1\n';
const LABELS = '0\n0\n1\n1\n';
const NOTEBOOK = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] });

/** Refused, in a sentence, and every file as it was. */
function expectRefused(folder: string, args: string[], message: RegExp): void {
  const before = contents(folder);
  const { status, stderr } = runKit(args);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(status).toBe(1);
  expect(contents(folder)).toEqual(before);
}

const contents = (folder: string) =>
  (
    readdirSync(folder, { recursive: true, withFileTypes: true }) as {
      name: string;
      parentPath: string;
      isFile(): boolean;
    }[]
  )
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'latin1')]);

describe('a command leaves what it reads', () => {
  it('kit evaluate: the embeddings, the labels, links to them, and tables of others', () => {
    const folder = folderWith({
      'emb.csv': TABLE,
      'rows.csv': TABLE.replace(/,\d$/gm, ''),
      'lab.csv': LABELS,
    });
    symlinkSync(join(folder, 'emb.csv'), join(folder, 'link.csv'));
    const at = (name: string) => join(folder, name);
    const ks = ['--ks', '1'];
    expectRefused(
      folder,
      ['evaluate', at('emb.csv'), ...ks, '--out', at('emb.json')],
      /write over .*emb\.csv/,
    );
    expectRefused(
      folder,
      ['evaluate', at('rows.csv'), '--labels', at('lab.csv'), ...ks, '--out', at('lab.json')],
      /write over .*lab\.csv/,
    );
    expectRefused(
      folder,
      ['evaluate', at('emb.csv'), ...ks, '--out', at('link')],
      /the same file as .*link\.csv/,
    );
    expectRefused(
      folder,
      ['evaluate', at('rows.csv'), '--labels', at('lab.csv'), ...ks, '--out', at('emb')],
      /not a result of the kit/,
    );
    const out = ['--out', at('scores')];
    for (let again = 0; again < 2; again++)
      expect(runKit(['evaluate', at('emb.csv'), ...ks, ...out]).status).toBe(0);
    writeFileSync(at('scores.md'), 'my notes');
    expectRefused(folder, ['evaluate', at('emb.csv'), ...ks, ...out], /scores\.md is there already.*--force/);
    expect(runKit(['evaluate', at('emb.csv'), ...ks, ...out, '--force']).status).toBe(0);
  });

  it('kit lab: the notebook itself, the copy of another of the same name, and notebooks of others', () => {
    const folder = folderWith({
      'notebooks/a.ipynb': NOTEBOOK,
      'other/a.ipynb': NOTEBOOK,
      'notes/notebooks/a.ipynb': NOTEBOOK,
    });
    const at = (name: string) => join(folder, name);
    expectRefused(folder, ['lab', at('notebooks/a.ipynb'), '--results', folder], /write over .*a\.ipynb/);
    expectRefused(folder, ['lab', at('other/a.ipynb'), '--results', at('notes')], /not a result of the kit/);
    for (let again = 0; again < 2; again++)
      expect(runKit(['lab', at('other/a.ipynb'), '--results', at('new')]).status).toBe(0);
    const second = ['lab', at('notebooks/a.ipynb'), '--results', at('new')];
    expectRefused(folder, second, /the executed copy of another notebook of that name, .*other\/a\.ipynb/);
    expect(runKit([...second, '--force']).status).toBe(0);
  });

  it('kit train: the spec that is its own record, and the pictures', async () => {
    const pictures = await makePictureFolder();
    const folder = folderWith({ 'spec.json': JSON.stringify(smallSpec(pictures, { steps: 1 })) });
    const spec = join(folder, 'spec.json');
    const results = join(folder, 'results');
    expect(runKit(['train', spec, '--results', results]).status).toBe(0);
    const [id] = readdirSync(join(results, 'runs', 'small'));
    const record = join(results, 'runs', 'small', id);
    expectRefused(folder, ['train', record, '--results', results, '--force'], /write over .*\.json/);
    expectRefused(folder, ['train', spec, '--results', join(pictures, 'results')], /among the pictures/);
  });

  it('kit reproduce: a page of another, and the experiment file', () => {
    const folder = folderWith({ 'index.html': '<h1>my site</h1>' });
    const args = ['reproduce', '--profile', 'smoke', '--only', 'raw pixels', '--results', folder];
    expectRefused(folder, args, /index\.html is there already, and it is not a result of the kit/);
  });

  it('kit data get: an archive that lies where it unpacks', () => {
    const folder = folderWith({ '.cub200.unpacking/CUB_200_2011.tgz': 'x' });
    const from = join(folder, '.cub200.unpacking', 'CUB_200_2011.tgz');
    const before = contents(folder);
    const { stderr } = runKit(['data', 'get', 'cub200', '--accept-license', '--from', from], {
      KIT_DATA: folder,
    });
    expect(stderr).toMatch(/which the command reads, lies in/);
    expect(contents(folder)).toEqual(before);
  });
});

describe('a folder that no one can make', () => {
  it.runIf(existsSync('/proc/self'))('ends with a sentence, where Node itself would never end', async () => {
    const spec = join(temporaryFolder(), 'spec.json');
    writeFileSync(spec, JSON.stringify(smallSpec(await makePictureFolder(), { steps: 1 })));
    const { status, stderr } = runKit(['train', spec, '--results', '/proc/nope']);
    expect(stderr).toMatch(/Could not write \/proc\/nope.*no folder can be made there/);
    expect(status).toBe(1);
    const { stderr: scores } = runKit(['evaluate', tableIn(), '--ks', '1', '--out', '/proc/nope/a/b.json']);
    expect(scores).toMatch(/Could not write \/proc\/nope/);
  });
});

function tableIn(): string {
  return join(folderWith({ 'emb.csv': TABLE }), 'emb.csv');
}
