import { join } from 'node:path';
import { stateOf } from '../datasets/acquisition/get-dataset.js';
import { dataDirectory } from '../datasets/data-directory.js';
import { type ImageListing, presenceOf } from '../datasets/listed-image-set.js';
import { recogniseDataset } from '../datasets/recognise-dataset.js';
import type { RunRecord } from '../types/run-record.js';
import { loadPictures, splitOf } from './experiment-data.js';
import { sourceOf } from './missing-inputs.js';
import type { RunSpec } from './run-spec.js';

export type SplitCounts = Pick<RunRecord['data'], 'train' | 'validation' | 'test'>;
type Count = SplitCounts['train'];

/**
 * Classes and pictures of each side. Of a published data set they are those of its lists where it is here, else those of
 * the whole; pictures of the validation classes are then an expectation.
 */
export async function splitCounts({
  dataset,
  split,
}: Pick<RunSpec, 'dataset' | 'split'>): Promise<SplitCounts> {
  const source = sourceOf(dataset);
  if (source === undefined) {
    const images = await loadPictures(dataset);
    const sides = splitOf(images, split);
    const count = (items: readonly number[]) => ({
      classes: new Set(items.map((i) => images.items[i].label)).size,
      images: items.length,
    });
    return { train: count(sides.train), validation: count(sides.validation), test: count(sides.test) };
  }
  const folder = join(dataDirectory(), source.folder);
  const found = stateOf(folder, source) === undefined ? undefined : recogniseDataset(folder);
  const { train, test } = found?.kind === 'published' ? countsIn(found.list()) : source.split;
  if (split.name !== 'folds') return withValidation(train, test, split.validation);
  const whole = { classes: train.classes + test.classes, images: train.images + test.images };
  const held = share(whole, 1 / split.count);
  return withValidation(without(whole, held), held, split.validation);
}

function countsIn(listing: ImageListing): { train: Count; test: Count } {
  const { present } = presenceOf(listing);
  const count = (labels: readonly number[]) => {
    const own = new Set(labels);
    const images = present.filter(({ label }) => own.has(label));
    return { classes: new Set(images.map(({ label }) => label)).size, images: images.length };
  };
  return { train: count(listing.split.train), test: count(listing.split.test) };
}

function withValidation(training: Count, test: Count, validation: number): SplitCounts {
  const held = share(training, validation);
  return { train: without(training, held), validation: held, test };
}

const share = ({ classes, images }: Count, part: number): Count => ({
  classes: Math.round(part * classes),
  images: Math.round(part * images),
});

const without = (whole: Count, part: Count): Count => ({
  classes: whole.classes - part.classes,
  images: whole.images - part.images,
});
