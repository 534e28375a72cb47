import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Mutants {
  readonly MUTANTS: readonly (readonly [
    string,
    readonly (readonly [string, string | RegExp, string])[],
    string?,
  ])[];
  mutatedSource(name: string, edit: readonly [string, string | RegExp, string]): string;
}

interface NotebookMutants {
  readonly NOTEBOOK_MUTANTS: readonly (readonly [string, string, string, string, string])[];
  mutatedNotebook(number: string, id: string, find: string, replacement: string): string;
}

const listOf = async <T>(file: string): Promise<T> => import(pathToFileURL(`tests/mutation/${file}`).href);

describe('the lists of mutants', () => {
  it('name what is in the sources, so that `npm run mutants` puts every fault in', async () => {
    const { MUTANTS, mutatedSource } = await listOf<Mutants>('mutants.mjs');
    for (const [name, edits] of MUTANTS)
      for (const edit of edits) expect(() => mutatedSource(name, edit), name).not.toThrow();
    expect(() => mutatedSource('a line that is gone', ['src/index.ts', 'no such line', ''])).toThrow(
      'a line that is gone: nothing to change in src/index.ts',
    );
  });

  it('name what is in the cells of the notebooks', async () => {
    const { NOTEBOOK_MUTANTS, mutatedNotebook } = await listOf<NotebookMutants>('notebook-mutants.mjs');
    for (const [number, id, name, find, replacement] of NOTEBOOK_MUTANTS)
      expect(() => mutatedNotebook(number, id, find, replacement), `${number} ${name}`).not.toThrow();
  });

  it('give every mutant a name of its own, by which it can be run alone', async () => {
    const { MUTANTS } = await listOf<Mutants>('mutants.mjs');
    expect(new Set(MUTANTS.map(([name]) => name)).size).toBe(MUTANTS.length);
  });
});
