import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { KitError } from '../kit-error.js';
import { factsOf } from './file-facts.js';

/** A file that a command will write. */
export interface PlannedOutput {
  readonly path: string;
  /** Whether the file that lies there now is an earlier result of the kit, which may be replaced. */
  readonly isEarlierResult: (path: string) => boolean | Promise<boolean>;
}

export interface PlannedFiles {
  /** Files and folders that the command reads. */
  readonly inputs: readonly string[];
  readonly outputs: readonly PlannedOutput[];
  /** Replace files that the kit did not make; never an input. */
  readonly force?: boolean;
}

/**
 * What every command asks before anything runs: no path that it will write may be one that it reads, one that it writes a
 * second time, or, without `force`, a file that the kit did not make. Two paths are one file also through links, hard
 * links and file systems that take A for a. The kit knows its own files by what stands in them: `"kind"` in a record, the
 * head of a table, the generator of a page, `metadata` of a notebook; binary files by the record beside them.
 *
 * @throws KitError `not-writable` naming both paths and what to do
 */
export async function requireFreeOutputs({ inputs, outputs, force = false }: PlannedFiles): Promise<void> {
  const taken = new Map<string, string>();
  for (const { path, isEarlierResult } of outputs) {
    const input = inputs.find((one) => isSameFile(one, path));
    if (input !== undefined) {
      const also = input === path ? '' : `, the same file as ${path}`;
      throw new KitError(
        'not-writable',
        `This would write over ${input}${also}, which the command reads. Nothing was written. Choose another name or folder for the results (--out or --results).`,
      );
    }
    const name = canonical(path).toLowerCase();
    const other = taken.get(name);
    if (other !== undefined) {
      throw new KitError(
        'not-writable',
        `Two results would be written to one file, ${other === path ? path : `${other} and ${path}`}. Nothing was written. Run them one at a time with folders of their own, or give them different names.`,
      );
    }
    taken.set(name, path);
    if (!force && isThere(path) && !(await isMadeByKit(path, isEarlierResult))) {
      throw new KitError(
        'not-writable',
        `${path} is there already, and it is not a result of the kit. Nothing was written. Choose another name or folder (--out or --results), or write over it with --force.`,
      );
    }
  }
}

/**
 * The same for a folder that a command fills or clears: it may neither be nor hold what is read.
 *
 * @throws KitError `not-writable`
 */
export function requireApart(folder: string, inputs: readonly string[]): void {
  const input = inputs.find((one) => isWithin(canonical(one), canonical(folder)));
  if (input === undefined) return;
  throw new KitError(
    'not-writable',
    `${input}, which the command reads, lies in ${folder}, which it clears. Nothing was touched. Move it elsewhere and run the command again.`,
  );
}

/**
 * A folder of results must not lie among the pictures that are read: its folders would be their classes the next time.
 *
 * @throws KitError `not-writable`
 */
export function requireOutside(folder: string, pictures: string): void {
  if (!isWithin(canonical(folder), canonical(pictures))) return;
  throw new KitError(
    'not-writable',
    `The results would go to ${folder}, among the pictures of ${pictures}, where their folders would be taken for classes. Choose a folder elsewhere with --results.`,
  );
}

/** Whether a text file holds `mark`. */
export function holdsMark(mark: RegExp): (path: string) => boolean {
  return (path) => statSync(path).size < MOST_BYTES_OF_TEXT && mark.test(readFileSync(path, 'utf8'));
}

const MOST_BYTES_OF_TEXT = 2 ** 28;

/** An empty file holds nothing to lose; a folder or a link is never a result. */
async function isMadeByKit(
  path: string,
  isEarlierResult: PlannedOutput['isEarlierResult'],
): Promise<boolean> {
  const file = lstatSync(path);
  return file.isFile() && (file.size === 0 || (await isEarlierResult(path)));
}

/** Also a link that leads nowhere is there. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function isSameFile(a: string, b: string): boolean {
  if (canonical(a) === canonical(b)) return true;
  const [first, second] = [a, b].map((path) => factsOf(path));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

/** The real path, as far as it is there: links resolved, the rest as given. */
function canonical(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync.native(whole);
  } catch {
    return dirname(whole) === whole ? whole : join(canonical(dirname(whole)), basename(whole));
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && existsSync(folder));
}
