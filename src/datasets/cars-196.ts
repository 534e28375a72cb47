import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../kit-error.js';
import { dataDirectory } from './data-directory.js';
import { innerPath } from './list-file.js';
import {
  type ImageListing,
  type ListedImage,
  type ListedImageSetOptions,
  loadListing,
} from './listed-image-set.js';
import { type MatlabValue, readMatlabFile } from './matlab-file.js';
import type { SplitImageSet } from './paper-split.js';

export interface LoadCars196Options extends ListedImageSetOptions {
  /**
   * Holds `car_ims/` with `cars_annos.mat`, or `cars_train/`, `cars_test/` and `devkit/` with
   * `cars_test_annos_withlabels.mat` beside or in it. Default: `cars196` in `KIT_DATA`, else in `datasets/`.
   */
  readonly directory?: string;
}

const CLASSES = 196;
/** Classes 1 to 98 train, 99 to 196 test: the split of zero-shot retrieval (Song et al., CVPR 2016). */
const TRAINING_CLASSES = 98;

/**
 * Cars-196 (Krause et al. 2013) in either of its packagings: 196 classes, 16,185 images; split by class, 8,054
 * images for training, 8,131 for test. The official halves `cars_train` and `cars_test` share their classes and
 * have nothing to do with that split.
 *
 * @throws KitError as `loadListing`, and `dataset-missing`, `invalid-dataset` or `unsupported-file` for the
 *   annotation files
 */
export async function loadCars196(options: LoadCars196Options = {}): Promise<SplitImageSet> {
  const set = await loadListing(listCars196(options.directory ?? join(dataDirectory(), 'cars196')), options);
  const trainingHalf = set.items.every(({ path }) => path.startsWith('cars_train/'));
  return trainingHalf ? { ...set, partial: `${set.partial}, training half only` } : set;
}

/** The annotations alone. */
export function listCars196(directory: string): ImageListing {
  const whole = join(directory, 'cars_annos.mat');
  // In devkit/ as their authors pack them, at the root where someone took them out.
  const devkit = existsSync(join(directory, 'devkit')) ? join(directory, 'devkit') : directory;
  const halves = join(devkit, 'cars_train_annos.mat');
  const hasWhole = existsSync(whole);
  const hasHalves = existsSync(halves);
  if (!hasWhole && !hasHalves) {
    throw new KitError(
      'dataset-missing',
      `${directory} holds neither cars_annos.mat nor devkit/cars_train_annos.mat. Expected the folder of Cars-196 in one of its two packagings; see datasets/README.md.`,
    );
  }
  const asWhole = hasWhole && (existsSync(join(directory, 'car_ims')) || !hasHalves);
  const listing = asWhole ? listWhole(whole) : listHalves(directory, devkit, halves);
  return {
    name: 'cars196',
    title: 'Cars-196',
    directory,
    split: { train: labels(0, TRAINING_CLASSES), test: labels(TRAINING_CLASSES, CLASSES) },
    published: { train: 8054, test: 8131 },
    ...listing,
  };
}

type Listed = Pick<ImageListing, 'classNames' | 'images' | 'missingList'>;

function listWhole(path: string): Listed {
  const file = readMatlabFile(path);
  return {
    classNames: classNamesOf(file, path),
    images: annotations(file, path).map((row) => listed(row, row.text('relative_im_path'))),
  };
}

function listHalves(directory: string, devkit: string, trainAnnotations: string): Listed {
  const meta = join(devkit, 'cars_meta.mat');
  if (!existsSync(meta)) {
    throw new KitError('dataset-missing', `${meta} is missing: it names the classes. Get the devkit again.`);
  }
  const images = annotations(readMatlabFile(trainAnnotations), trainAnnotations).map((row) =>
    listed(row, `${picturesIn(directory, 'cars_train')}/${row.text('fname')}`),
  );
  const testAnnotations = [directory, join(directory, 'devkit')]
    .map((folder) => join(folder, 'cars_test_annos_withlabels.mat'))
    .find(existsSync);
  if (testAnnotations !== undefined) {
    const test = annotations(readMatlabFile(testAnnotations), testAnnotations);
    const folder = picturesIn(directory, 'cars_test');
    images.push(...test.map((row) => listed(row, `${folder}/${row.text('fname')}`)));
  }
  return {
    classNames: classNamesOf(readMatlabFile(meta), meta),
    images,
    ...(testAnnotations === undefined
      ? { missingList: 'cars_test_annos_withlabels.mat is missing: without it cars_test has no labels' }
      : {}),
  };
}

/** The copy on Kaggle has each half in a folder of its name once more. */
function picturesIn(directory: string, half: string): string {
  return existsSync(join(directory, half, half)) ? `${half}/${half}` : half;
}

function labels(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

interface AnnotationRow {
  readonly text: (field: string) => string;
  readonly number: (field: string) => number;
  readonly where: string;
}

function listed(row: AnnotationRow, path: string): ListedImage {
  const label = row.number('class') - 1;
  if (!Number.isInteger(label) || label < 0 || label >= CLASSES) {
    throw new KitError(
      'invalid-dataset',
      `${row.where}: class is ${label + 1}, expected 1 to ${CLASSES}. Get the file again.`,
    );
  }
  // MATLAB counts pixels from 1, and both corners belong to the box.
  const left = row.number('bbox_x1') - 1;
  const top = row.number('bbox_y1') - 1;
  const box = { left, top, width: row.number('bbox_x2') - left, height: row.number('bbox_y2') - top };
  return { path: innerPath(path, row.where), label, box };
}

function annotations(file: ReadonlyMap<string, MatlabValue>, path: string): AnnotationRow[] {
  const table = file.get('annotations');
  if (table?.kind !== 'structs') {
    throw new KitError(
      'invalid-dataset',
      `${path} has no struct "annotations"; it has ${[...file.keys()].join(', ') || 'no variables'}. Get the file again.`,
    );
  }
  return table.elements.map((element, i) => {
    const where = `${path}, annotation ${i + 1}`;
    const wrong = (field: string, expected: string): never => {
      throw new KitError(
        'invalid-dataset',
        `${where}: expected ${expected} in "${field}". Get the file again.`,
      );
    };
    return {
      where,
      text: (field) => {
        const value = element.get(field);
        return value?.kind === 'text' ? value.text : wrong(field, 'text');
      },
      number: (field) => {
        const value = element.get(field);
        return value?.kind === 'numbers' && value.values.length === 1
          ? value.values[0]
          : wrong(field, 'a number');
      },
    };
  });
}

function classNamesOf(file: ReadonlyMap<string, MatlabValue>, path: string): string[] {
  const value = file.get('class_names');
  const names =
    value?.kind === 'cells' ? value.cells.map((cell) => (cell.kind === 'text' ? cell.text : '')) : [];
  if (names.length === CLASSES && !names.includes('')) return names;
  throw new KitError(
    'invalid-dataset',
    `${path} has no cell array "class_names" of ${CLASSES} names. Get the file again.`,
  );
}
