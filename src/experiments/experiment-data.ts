import * as tf from '@tensorflow/tfjs';
import { classDisjointSplit } from '../datasets/class-disjoint-split.js';
import { loadEmoji } from '../datasets/emoji.js';
import { type FixedSizeImageSet, toFixedSize } from '../datasets/fixed-size-image-set.js';
import { loadImageFolder } from '../datasets/image-folder.js';
import type { SeededRandom } from '../runtime/seeded-random.js';
import { pictureBatch } from '../training/augmentation.js';
import type { RunRecord } from '../types/run-record.js';
import type { RunSpec } from './run-spec.js';

/** What a run sees of its data set: items by split, and network inputs of them. */
export interface ExperimentData {
  readonly images: FixedSizeImageSet;
  readonly labels: Int32Array;
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
  /** With `random`, augmented as the spec says. */
  inputs(indices: ArrayLike<number>, random: SeededRandom | null): tf.Tensor4D;
  readonly description: RunRecord['data'];
}

/** Loads and splits the data set of a spec. */
export async function loadExperimentData(
  spec: Pick<RunSpec, 'dataset' | 'split' | 'augmentation'>,
): Promise<ExperimentData> {
  const images = await loadImages(spec.dataset);
  const labels = Int32Array.from(images.items, (item) => item.label);
  const { train, validation, test } = classDisjointSplit(images, spec.split);
  const counted = (indices: readonly number[]) => ({
    classes: new Set(indices.map((i) => labels[i])).size,
    images: indices.length,
  });
  return {
    images,
    labels,
    train,
    validation,
    test,
    inputs: (indices, random) =>
      tf.tensor4d(pictureBatch(images, indices, spec.augmentation, random), [
        indices.length,
        images.size,
        images.size,
        3,
      ]),
    description: {
      name: images.name,
      checksum: images.checksum,
      partial: images.partial ?? null,
      train: counted(train),
      validation: counted(validation),
      test: counted(test),
    },
  };
}

async function loadImages(dataset: RunSpec['dataset']): Promise<FixedSizeImageSet> {
  switch (dataset.name) {
    case 'emoji':
      return loadEmoji({ size: dataset.size });
    case 'image-folder':
      return toFixedSize(await loadImageFolder({ directory: dataset.directory }), dataset.size);
  }
}
