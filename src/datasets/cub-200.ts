import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../kit-error.js';
import { dataDirectory } from './data-directory.js';
import { innerPath, readListFile, wholeNumber } from './list-file.js';
import { type ImageListing, type ListedImageSetOptions, loadListing } from './listed-image-set.js';
import type { SplitImageSet } from './paper-split.js';

export interface LoadCub200Options extends ListedImageSetOptions {
  /** The official folder `CUB_200_2011` with `images/` and the lists. Default: in `KIT_DATA`, else in `datasets/`. */
  readonly directory?: string;
}

const CUB_CLASSES = 200;
/** Classes 1 to 100 train, 101 to 200 test: the split of zero-shot retrieval (Song et al., CVPR 2016). */
export const CUB_TRAINING_CLASSES = 100;

/**
 * Caltech-UCSD Birds-200-2011 (Wah et al. 2011) in its official layout: 200 classes, 11,788 images; split by
 * class, 5,864 images for training, 5,924 for test.
 *
 * @throws KitError as `loadListing`, and `dataset-missing` or `invalid-dataset` for the lists
 */
export async function loadCub200(options: LoadCub200Options = {}): Promise<SplitImageSet> {
  return loadListing(listCub200(options.directory ?? join(dataDirectory(), 'CUB_200_2011')), options);
}

/** The lists alone. */
export function listCub200(directory: string): ImageListing {
  const classNames = readCubClassNames(join(directory, 'classes.txt'));
  const labels = byImage(join(directory, 'image_class_labels.txt'), 2, ([text], where) =>
    wholeNumber(text, CUB_CLASSES, where),
  );
  // Only crops need it.
  const boxList = join(directory, 'bounding_boxes.txt');
  const boxes = byImage(existsSync(boxList) ? boxList : undefined, 5, (fields, where) => {
    const [left, top, width, height] = fields.map(Number);
    if ([left, top, width, height].every((number) => number >= 0)) return { left, top, width, height };
    throw new KitError(
      'invalid-dataset',
      `${where}: expected left, top, width and height. Get the list again.`,
    );
  });
  const paths = byImage(join(directory, 'images.txt'), 2, ([text], where) => innerPath(text, where));
  const images = [...paths].map(([id, path]) => {
    const label = labels.get(id);
    if (label === undefined) {
      throw new KitError(
        'invalid-dataset',
        `${directory}: image ${id} of images.txt has no class in image_class_labels.txt. Get the lists again.`,
      );
    }
    return { path: `images/${path}`, label: label - 1, box: boxes.get(id) };
  });
  const labelsFrom = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);
  return {
    name: 'cub200',
    title: 'CUB-200-2011',
    directory,
    classNames,
    images,
    split: {
      train: labelsFrom(0, CUB_TRAINING_CLASSES),
      test: labelsFrom(CUB_TRAINING_CLASSES, CUB_CLASSES),
    },
    published: { train: 5864, test: 5924 },
  };
}

/** `001.Black_footed_Albatross` and so on, in the order of their numbers. */
export function readCubClassNames(path: string): string[] {
  const names = byImage(path, 2, ([name]) => name);
  const classNames = Array.from({ length: CUB_CLASSES }, (_, i) => names.get(String(i + 1)) ?? '');
  if (names.size === CUB_CLASSES && !classNames.includes('')) return classNames;
  throw new KitError(
    'invalid-dataset',
    `${path} names ${names.size} classes; expected those numbered 1 to ${CUB_CLASSES}. Get the list again.`,
  );
}

/** Rows of `id value…`, by id. */
function byImage<T>(
  path: string | undefined,
  columns: number,
  read: (fields: readonly string[], where: string) => T,
): Map<string, T> {
  if (path === undefined) return new Map();
  return new Map(
    readListFile(path, ' ', columns).map(({ fields: [id, ...rest], where }) => [id, read(rest, where)]),
  );
}
