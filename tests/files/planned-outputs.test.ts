import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  holdsMark,
  requireApart,
  requireFreeOutputs,
  requireOutside,
} from '../../src/files/planned-outputs.js';
import { temporaryFolder } from '../picture-folder.js';

function filesOf(files: Record<string, string>): (name: string) => string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return (name) => join(folder, name);
}
const never = () => false;

describe('what a command will write', () => {
  it('is no input: not by name, link, hard link, linked folder or a way round, not even by force', async () => {
    const at = filesOf({ 'in.csv': '1' });
    symlinkSync(at('in.csv'), at('link.csv'));
    linkSync(at('in.csv'), at('hard.csv'));
    symlinkSync(at('.'), at('folder'));
    for (const name of [
      'in.csv',
      'link.csv',
      'hard.csv',
      'folder/in.csv',
      `../${basename(at('.'))}/in.csv`,
    ]) {
      const outputs = [{ path: at(name), isEarlierResult: () => true }];
      for (const force of [false, true])
        await expect(requireFreeOutputs({ inputs: [at('in.csv')], outputs, force })).rejects.toMatchObject({
          code: 'not-writable',
          message: expect.stringContaining(`write over ${at('in.csv')}`),
        });
    }
  });

  it('is no second output, whatever the case of the letters', async () => {
    const at = filesOf({});
    const outputs = ['a.npy', 'A.npy'].map((name) => ({ path: at(name), isEarlierResult: never }));
    await expect(requireFreeOutputs({ inputs: [], outputs })).rejects.toThrow(/a\.npy and .*A\.npy/);
  });

  it('is no file that the kit did not make, unless by force; an empty file and an earlier result may go', async () => {
    const at = filesOf({ 'theirs.json': '{}', 'empty.json': '', 'ours.json': '{ "kind": "evaluation" }' });
    const plan = (name: string) => ({
      inputs: [],
      outputs: [{ path: at(name), isEarlierResult: holdsMark(/"kind": "evaluation"/) }],
    });
    await expect(requireFreeOutputs(plan('theirs.json'))).rejects.toThrow(/not a result of the kit.*--force/);
    for (const name of ['empty.json', 'ours.json', 'new.json']) await requireFreeOutputs(plan(name));
    await requireFreeOutputs({ ...plan('theirs.json'), force: true });
  });

  it('takes a link that leads nowhere for something that is there', async () => {
    const at = filesOf({});
    symlinkSync(at('nowhere'), at('link.json'));
    const outputs = [{ path: at('link.json'), isEarlierResult: () => true }];
    await expect(requireFreeOutputs({ inputs: [], outputs })).rejects.toThrow(/is there already/);
  });

  it('does not lie among pictures, and clears no folder that holds an input', () => {
    const at = filesOf({});
    mkdirSync(at('pictures'));
    for (const results of ['pictures', 'pictures/results', 'pictures/../pictures/a/b'])
      expect(() => requireOutside(at(results), at('pictures'))).toThrow(/among the pictures/);
    requireOutside(at('results'), at('pictures'));
    requireOutside(at('pictures-results'), at('pictures'));
    expect(() => requireApart(at('pictures'), [at('pictures/archive.tgz')])).toThrow(/which it clears/);
    requireApart(at('other'), [at('pictures/archive.tgz')]);
  });
});
