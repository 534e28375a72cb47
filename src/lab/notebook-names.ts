import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { factsOf } from '../files/file-facts.js';
import { KitError } from '../kit-error.js';

/** The notebooks of a folder, in reading order. */
export function notebooksIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ipynb'))
    .sort()
    .map((file) => join(folder, file));
}

/**
 * The notebook that a word means: a file by its path, or one of `folder` by its number (`03`, `3`), by its name with or without
 * number and ending, or by a part of its name that no other has.
 *
 * @throws KitError `invalid-argument` where the word means no notebook or several, naming what there is
 */
export function notebookNamed(word: string, folder: string): string {
  const facts = factsOf(word);
  if (facts?.isFile()) return word;
  const all = notebooksIn(folder);
  const wanted = word.replace(/\.ipynb$/, '').toLowerCase();
  const exact = all.filter((path) => namesOf(path).includes(wanted));
  const found = exact.length > 0 ? exact : all.filter((path) => namesOf(path)[0].includes(wanted));
  if (found.length === 1 && !/[/\\]/.test(word)) return found[0];
  const names = (found.length > 1 ? found : all).map((path) => `  ${namesOf(path)[0]}`).join('\n');
  if (facts?.isDirectory()) {
    throw new KitError(
      'invalid-argument',
      `${word} is a folder, not a notebook. Name its notebooks: kit lab ${join(word, '*.ipynb')}`,
    );
  }
  if (facts !== undefined) throw new KitError('invalid-argument', `${word} is no file that can be read.`);
  throw new KitError(
    'invalid-argument',
    found.length > 1
      ? `"${word}" is in the names of several notebooks:\n${names}`
      : `There is no notebook ${word}. Give a path, or the number or name of one of these:\n${names}`,
  );
}

/** Its name, its name without the number, its number with and without a leading zero. */
function namesOf(path: string): string[] {
  const name = path
    .replace(/^.*[/\\]/, '')
    .replace(/\.ipynb$/, '')
    .toLowerCase();
  const [, number, rest] = /^(\d+)-(.*)$/.exec(name) ?? [];
  return number === undefined ? [name] : [name, rest, number, String(Number(number))];
}
