import { loadCars196 } from '../datasets/cars-196.js';
import { classDisjointSplit } from '../datasets/class-disjoint-split.js';
import { classFold } from '../datasets/class-folds.js';
import { loadCub200 } from '../datasets/cub-200.js';
import { loadCub200Crops } from '../datasets/cub-200-crops.js';
import { loadEmoji } from '../datasets/emoji.js';
import { type FixedSizeImageSet, toFixedSize } from '../datasets/fixed-size-image-set.js';
import { heldOutPicturesSplit } from '../datasets/held-out-pictures-split.js';
import { loadImageFolder } from '../datasets/image-folder.js';
import { loadOnlineProducts } from '../datasets/online-products.js';
import { paperSplit, type SplitImageSet } from '../datasets/paper-split.js';
import { caffePreprocessing } from '../features/caffe-preprocessing.js';
import {
  extractFeatures,
  type FeatureLayer,
  type FeatureRows,
  openFeatures,
} from '../features/extract-features.js';
import type { PictureView } from '../features/picture-view.js';
import { pretrainedWeightsPath } from '../features/pretrained-weights.js';
import { STRETCHED_SIDE, stretchPictures } from '../features/stretched-pictures.js';
import { googlenet } from '../models/googlenet.js';
import { type PretrainedWeights, readWeights } from '../models/read-weights.js';
import { pictureBatch } from '../training/augmentation.js';
import { type BatchInputs, floatInputs } from '../training/batch-inputs.js';
import { cropInputs } from '../training/picture-crops.js';
import type { ImageSet } from '../types/image-set.js';
import type { RunRecord } from '../types/run-record.js';
import { openModelFile } from './onnx-model-file.js';
import type { RunSpec } from './run-spec.js';

/** What a run sees of its data set: items by split, and network inputs of them. */
export interface ExperimentData {
  readonly images: ImageSet;
  readonly labels: Int32Array;
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
  readonly inputs: BatchInputs;
  /** Where the model starts from pretrained ones. */
  readonly weights?: PretrainedWeights;
  /** SHA-256 (hex) of what is pretrained, where something is. */
  readonly pretrained?: string;
  readonly description: RunRecord['data'];
}

type DataSpec = Pick<RunSpec, 'dataset' | 'split' | 'augmentation' | 'model'>;
type Split = Pick<ExperimentData, 'train' | 'validation' | 'test'>;
type Inputs = Pick<ExperimentData, 'inputs' | 'weights' | 'pretrained'>;

export interface LoadExperimentDataOptions {
  /** Of the pictures whose features are being made. */
  onProgress?(what: string, done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** The part of a spec that decides its data: runs that agree in it can share what is loaded. */
export function dataKey({ dataset, split, augmentation, model }: DataSpec): string {
  const inputs = { ...model, embeddingDimension: null, radius: null, dropout: null, file: null };
  return JSON.stringify([dataset, split, augmentation, PIXELS.has(model.name) ? 'pixels' : inputs]);
}

const PIXELS = new Set(['raw-pixels', 'small-convnet']);

/** Whether something is made of its pictures once, before anything trains. */
export function takesFeatures({ model }: Pick<RunSpec, 'model'>): boolean {
  return !PIXELS.has(model.name);
}

/** Loads and splits the data set of a spec; makes the features that it wants and the cache lacks. */
export async function loadExperimentData(
  spec: DataSpec,
  options: LoadExperimentDataOptions = {},
): Promise<ExperimentData> {
  const { images, split, inputs } = await loadParts(spec, options);
  const labels = Int32Array.from(images.items, (item) => item.label);
  const counted = (indices: readonly number[]) => ({
    classes: new Set(indices.map((i) => labels[i])).size,
    images: indices.length,
  });
  return {
    images,
    labels,
    ...split,
    ...inputs,
    description: {
      name: images.name,
      checksum: images.checksum,
      partial: images.partial ?? null,
      ...(inputs.pretrained === undefined ? {} : { weights: inputs.pretrained }),
      train: counted(split.train),
      validation: counted(split.validation),
      test: counted(split.test),
    },
  };
}

async function loadParts(
  spec: DataSpec,
  options: LoadExperimentDataOptions,
): Promise<{ images: ImageSet; split: Split; inputs: Inputs }> {
  const { dataset, split, model } = spec;
  const images = await loadPictures(dataset);
  const own = splitOf(images, split);
  if (!PIXELS.has(model.name))
    return { images, split: own, inputs: await featureInputs(model, images, own, options) };
  const fixed =
    'pixels' in images ? (images as FixedSizeImageSet) : await toFixedSize(images, sizeOf(dataset));
  return { images: fixed, split: own, inputs: pixelInputs(fixed, spec.augmentation) };
}

/** The items of each side. */
export function splitOf(images: ImageSet | SplitImageSet, split: RunSpec['split']): Split {
  if (split.name === 'folds') return classFold(images, split);
  if (split.name === 'held-out-pictures') return heldOutPicturesSplit(images, split);
  if (split.name !== 'paper') return classDisjointSplit(images, split);
  if ('split' in images) return paperSplit(images, split);
  throw new Error(`${images.name} has no split of its own`);
}

function sizeOf(dataset: RunSpec['dataset']): number {
  if ('size' in dataset) return dataset.size;
  throw new Error(`${dataset.name} has no size`);
}

/** The pictures of a data set, without what a model makes of them. */
export async function loadPictures(dataset: RunSpec['dataset']): Promise<ImageSet | SplitImageSet> {
  if (dataset.name === 'emoji') return loadEmoji({ size: dataset.size });
  if (dataset.name === 'image-folder') return loadImageFolder({ directory: dataset.directory });
  return loadPublished(dataset);
}

async function loadPublished(dataset: RunSpec['dataset']): Promise<SplitImageSet> {
  switch (dataset.name) {
    case 'cub-200':
      return loadCub200(dataset);
    case 'cars-196':
      return loadCars196(dataset);
    case 'online-products':
      return loadOnlineProducts(dataset);
    case 'cub-200-crops':
      return loadCub200Crops();
    default:
      throw new Error(`${dataset.name} has no split of its own`);
  }
}

function pixelInputs(images: FixedSizeImageSet, augmentation: RunSpec['augmentation']): Inputs {
  const shape = [images.size, images.size, 3];
  return {
    inputs: floatInputs(shape, (indices, random) => pictureBatch(images, indices, augmentation, random)),
  };
}

/** The layer under what is trained: everything below it is computed once. */
export const FROZEN_LAYER = { head: 'pool5', 'from-5a': 'pool4', 'from-4a': 'pool3', all: 'data' } as const;

async function featureInputs(
  model: RunSpec['model'],
  images: ImageSet,
  split: Split,
  options: LoadExperimentDataOptions,
): Promise<Inputs> {
  if (model.name === 'raw-pixels' || model.name === 'small-convnet')
    throw new Error(`${model.name} takes no features`);
  const views = viewsOf(model.view, 'randomViews' in model ? model.randomViews : 0);
  if ('file' in model) {
    const onnx = await openModelFile(model);
    const { inputs, shape } = await viewInputs({ onnx }, onnx.layer, views, images, split, options);
    const row = [shape.reduce((product, size) => product * size, 1)];
    return { pretrained: onnx.checksum, inputs: floatInputs(row, inputs) };
  }
  const weights = readWeights(googlenet, pretrainedWeightsPath('googlenet'));
  const pretrained = weights.checksum;
  const trained = model.name === 'googlenet';
  if (trained && model.trains === 'all')
    return { weights, pretrained, inputs: await pictureInputs(images, split, options) };
  const layer = trained ? FROZEN_LAYER[model.trains] : 'pool5';
  const source = { network: googlenet, weights, layer };
  const { inputs, shape } = await viewInputs(source, layer, views, images, split, options);
  return { weights, pretrained, inputs: floatInputs(shape, inputs) };
}

/** Features of the first view for every item, of the others for training, which draws among all. */
async function viewInputs(
  source: FeatureLayer,
  layer: string,
  names: readonly PictureView[],
  images: ImageSet,
  split: Split,
  options: LoadExperimentDataOptions,
): Promise<{ readonly shape: readonly number[]; readonly inputs: Parameters<typeof floatInputs>[1] }> {
  const everything = [...split.train, ...split.validation, ...split.test];
  const views: FeatureRows[] = [];
  for (const [i, view] of names.entries()) {
    const items = i === 0 ? everything : split.train;
    const request = { images, view, ...source };
    await extractFeatures({
      ...request,
      items,
      signal: options.signal,
      onProgress: (done, total) =>
        options.onProgress?.(`${layer} of ${images.name}, ${view} view`, done, total),
    });
    views.push(openFeatures(request, items));
  }
  const { shape } = views[0];
  const length = shape.reduce((product, size) => product * size, 1);
  return {
    shape,
    inputs: (indices, random) => {
      if (random === null) return views[0].read(indices);
      const drawn = Array.from(indices, () => random.integer(views.length));
      const values = new Float32Array(indices.length * length);
      for (const [v, view] of views.entries()) {
        const positions = drawn.flatMap((choice, at) => (choice === v ? [at] : []));
        const rows = view.read(positions.map((at) => indices[at]));
        for (const [row, at] of positions.entries())
          values.set(rows.subarray(row * length, (row + 1) * length), at * length);
      }
      return values;
    },
  };
}

/** Of whole pictures: crops drawn afresh for every step. */
async function pictureInputs(
  images: ImageSet,
  split: Split,
  options: LoadExperimentDataOptions,
): Promise<BatchInputs> {
  const pictures = await stretchPictures({
    images,
    items: [...split.train, ...split.validation, ...split.test],
    signal: options.signal,
    onProgress: (done, total) => options.onProgress?.(`pictures of ${images.name}`, done, total),
  });
  return cropInputs(pictures.read, {
    pictureSide: STRETCHED_SIDE,
    side: caffePreprocessing(googlenet.inputSize, 'centre').crop,
  });
}

function viewsOf(first: PictureView, random: number): PictureView[] {
  return [first, ...Array.from({ length: random }, (_, i): PictureView => `random-${i}`)];
}
