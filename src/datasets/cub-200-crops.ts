import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KitError } from '../kit-error.js';
import { CUB_TRAINING_CLASSES, readCubClassNames } from './cub-200.js';
import { dataDirectory } from './data-directory.js';
import { listImageFolder, loadImageFolder } from './image-folder.js';
import type { ClassSplit, SplitImageSet } from './paper-split.js';

export interface LoadCub200CropsOptions {
  /** Holds `images/` with one folder a class. Default: `cub-crops` in `KIT_DATA`, else in `datasets/`. */
  readonly directory?: string;
  /** The official `classes.txt`. Default: in `CUB_200_2011` beside `directory`. */
  readonly classList?: string;
}

/**
 * Birds of CUB-200-2011 cropped beforehand, in a folder a class whose names are the official ones without their
 * number. Classes whose official number is 100 or less train, the others test, so that no test class of the
 * paper is trained on; but it is not the paper's split, nor are these its pictures, and `partial` says so.
 *
 * @throws KitError as `loadImageFolder`, and `invalid-dataset` for a class that CUB does not have
 */
export async function loadCub200Crops(options: LoadCub200CropsOptions = {}): Promise<SplitImageSet> {
  const directory = options.directory ?? join(dataDirectory(), 'cub-crops');
  const images = join(directory, 'images');
  const { classNames } = listImageFolder(images);
  const split = splitByOfficialNumber(classNames, options.classList ?? classListBeside(directory), directory);
  const set = await loadImageFolder({ directory: images, name: 'cub-crops' });
  return { ...set, split, partial: `partial: CUB crops, ${split.train.length}/${split.test.length} classes` };
}

/** Where the official class list lies if the official folder is this one's neighbour. */
export function classListBeside(directory: string): string {
  return join(dirname(directory), 'CUB_200_2011', 'classes.txt');
}

/** Sides by official number. @throws KitError `invalid-dataset` for an unknown class, `dataset-missing` without the list */
export function splitByOfficialNumber(
  classNames: readonly string[],
  classList: string,
  directory: string,
): ClassSplit {
  if (!existsSync(classList)) {
    throw new KitError(
      'dataset-missing',
      `Splitting ${directory} by official class number takes CUB's own list, which is not at ${classList}. Put classes.txt of CUB-200-2011 there, or name it with classList.`,
    );
  }
  const numbers = new Map(readCubClassNames(classList).map((name, i) => [name.replace(/^\d+\./, ''), i + 1]));
  const train: number[] = [];
  const test: number[] = [];
  for (const [label, name] of classNames.entries()) {
    const number = numbers.get(name);
    if (number === undefined) {
      throw new KitError(
        'invalid-dataset',
        `${join(directory, 'images', name)} is not a class of CUB-200-2011 (${classList}). Remove the folder or correct its name.`,
      );
    }
    (number <= CUB_TRAINING_CLASSES ? train : test).push(label);
  }
  return { train, test };
}
