import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../kit-error.js';
import { dataDirectory } from './data-directory.js';
import { innerPath, readListFile, wholeNumber } from './list-file.js';
import {
  type ImageListing,
  type ListedImage,
  type ListedImageSetOptions,
  loadListing,
} from './listed-image-set.js';
import type { SplitImageSet } from './paper-split.js';

export interface LoadOnlineProductsOptions extends Omit<ListedImageSetOptions, 'boundingBoxCrops'> {
  /** The official folder, with `Ebay_train.txt`. Default: `Stanford_Online_Products` in `KIT_DATA`, else in `datasets/`. */
  readonly directory?: string;
}

const TRAINING_CLASSES = 11_318;
const CLASSES = 22_634;

/**
 * Stanford Online Products (Song et al., CVPR 2016) in its official layout: 22,634 classes, 120,053 images; the
 * authors' lists split it by class, 59,551 images of 11,318 classes for training, 60,502 of 11,316 for test. A
 * class is named by its super class and number, `bicycle/1`.
 *
 * @throws KitError as `loadListing`, and `dataset-missing` or `invalid-dataset` for the lists
 */
export async function loadOnlineProducts(options: LoadOnlineProductsOptions = {}): Promise<SplitImageSet> {
  return loadListing(
    listOnlineProducts(options.directory ?? join(dataDirectory(), 'Stanford_Online_Products')),
    { allowPartial: options.allowPartial },
  );
}

/** Names of the two lists: the official ones, and a repackaging as `class,path` rows without a header. */
const LISTS = [
  { train: 'Ebay_train.txt', test: 'Ebay_test.txt', read: readOfficialList },
  { train: 'stanford_online_train.csv', test: 'stanford_online_test.csv', read: readClassAndPath },
] as const;

/** Whether the folder holds both lists, in either form. */
export function hasOnlineProductsLists(directory: string): boolean {
  return listsIn(directory) !== undefined;
}

function listsIn(directory: string) {
  return LISTS.find(
    ({ train, test }) => existsSync(join(directory, train)) && existsSync(join(directory, test)),
  );
}

/** The lists alone. */
export function listOnlineProducts(directory: string): ImageListing {
  const lists = listsIn(directory);
  if (lists === undefined) {
    throw new KitError(
      'dataset-missing',
      `${directory} does not hold Ebay_train.txt and Ebay_test.txt. Expected the official folder of Stanford Online Products; see datasets/README.md.`,
    );
  }
  const train = lists.read(join(directory, lists.train));
  const test = lists.read(join(directory, lists.test));
  const images = [...train, ...test];
  const classNames: string[] = Array.from({ length: CLASSES }, () => '');
  for (const { path, label } of images) {
    classNames[label] ||= `${path.slice(0, path.indexOf('/')).replace(/_final$/, '')}/${label + 1}`;
  }
  return {
    name: 'online-products',
    title: 'Stanford Online Products',
    directory,
    classNames,
    images,
    split: {
      train: labelsOf(train, 0, TRAINING_CLASSES, directory),
      test: labelsOf(test, TRAINING_CLASSES, CLASSES, directory),
    },
    published: { train: 59_551, test: 60_502 },
  };
}

function readOfficialList(path: string): ListedImage[] {
  const [header, ...rows] = readListFile(path, ' ', 4);
  if (header?.fields.join(' ') !== 'image_id class_id super_class_id path') {
    throw new KitError(
      'invalid-dataset',
      `${path}: the first line should be "image_id class_id super_class_id path". Get the list again.`,
    );
  }
  return rows.map(({ fields: [, id, , file], where }) => listed(id, file, where));
}

function readClassAndPath(path: string): ListedImage[] {
  return readListFile(path, ',', 2).map(({ fields: [id, file], where }) => listed(id, file, where));
}

function listed(id: string, file: string, where: string): ListedImage {
  return { path: innerPath(file, where), label: wholeNumber(id, CLASSES, where) - 1 };
}

function labelsOf(images: readonly ListedImage[], start: number, end: number, directory: string): number[] {
  const labels = [...new Set(images.map(({ label }) => label))].sort((a, b) => a - b);
  if (labels.length === end - start && labels[0] === start && labels.at(-1) === end - 1) return labels;
  throw new KitError(
    'invalid-dataset',
    `The lists in ${directory} name ${labels.length} classes where those numbered ${start + 1} to ${end} are expected. Get the lists again.`,
  );
}
