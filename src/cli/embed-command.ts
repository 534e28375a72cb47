import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { datasetSources } from '../datasets/acquisition/sources.js';
import { loadCars196 } from '../datasets/cars-196.js';
import { loadCub200 } from '../datasets/cub-200.js';
import { loadCub200Crops } from '../datasets/cub-200-crops.js';
import { dataDirectory } from '../datasets/data-directory.js';
import type { FixedSizeImageSet } from '../datasets/fixed-size-image-set.js';
import { listImageFolder, loadImageFolder } from '../datasets/image-folder.js';
import { loadOnlineProducts } from '../datasets/online-products.js';
import { datasetRoot, recogniseDataset } from '../datasets/recognise-dataset.js';
import { writeNpy } from '../evaluation/npy-file.js';
import { loadExperimentData } from '../experiments/experiment-data.js';
import { readSpecFile } from '../experiments/read-spec-file.js';
import { parseRunSpec } from '../experiments/run-spec.js';
import { extractFeatures, type FeatureLayer, openFeatures } from '../features/extract-features.js';
import { isRecordedFile, writeFeatureRecord } from '../features/feature-record.js';
import { openOnnxBackbone } from '../features/onnx-backbone.js';
import type { PictureView } from '../features/picture-view.js';
import { pretrainedWeightsPath } from '../features/pretrained-weights.js';
import { factsOf } from '../files/file-facts.js';
import { requireFreeOutputs } from '../files/planned-outputs.js';
import { KitError } from '../kit-error.js';
import { layerName } from '../models/network.js';
import { networks } from '../models/networks.js';
import { readWeights } from '../models/read-weights.js';
import { alikeNamesNote } from '../types/alike-names.js';
import type { ImageSet } from '../types/image-set.js';
import { filesOfBackbone, isOnnxFile, type OnnxOptions, refuseOnnxOptions } from './backbone-choice.js';
import { flattenedNote } from './flattened-features.js';
import { cancelOnInterrupt, pictureProgress } from './progress.js';

export interface EmbedOptions extends OnnxOptions {
  readonly backbone: string;
  readonly weights?: string;
  readonly layer?: string;
  readonly view?: string;
  readonly split: string;
  readonly allowPartial?: boolean;
  readonly boxes?: boolean;
  readonly out: string;
  readonly force?: boolean;
}

/** `kit embed`: features of every picture of a folder, as .npy with its labels beside it. */
export async function embedCommand(target: string, options: EmbedOptions): Promise<void> {
  const isOnnx = isOnnxFile(options.backbone);
  const view = (options.view ?? (isOnnx ? 'centre' : 'whole')) as PictureView;
  if (!/^(whole|centre|random-\d+)$/.test(view))
    throw choice('--view', view, ['whole', 'centre', 'random-0, random-1, …']);
  await requireFreeOutputs({
    inputs: [target, ...[options.weights ?? []].flat(), ...filesOfBackbone(options.backbone)],
    outputs: outputsOf(options.out),
    force: options.force,
  });
  // Said before anything is asked for a network.
  if (!target.endsWith('.json') && factsOf(target)?.isFile()) listImageFolder(target);
  const backbone = await openBackbone(options);
  const { images, items } = target.endsWith('.json')
    ? await testPicturesOf(target)
    : await chosen(target, options);
  const { leftOut = [] } = images;
  if (leftOut.length > 0)
    process.stdout.write(
      `${leftOut.length} left out: ${leftOut.slice(0, 5).join(', ')}${leftOut.length > 5 ? ', …' : ''}\n`,
    );
  const notes = [
    alikeNamesNote(images.classNames),
    'onnx' in backbone ? flattenedNote(backbone.onnx.layer, backbone.onnx.shape) : undefined,
  ];
  for (const note of notes) if (note !== undefined) process.stdout.write(`note: ${note}\n`);
  const request = { images, view, ...backbone };
  const signal = cancelOnInterrupt('Stopped. Run the same command again to go on from here.');
  const bar = pictureProgress();
  const started = performance.now();
  let made: number;
  try {
    made = await extractFeatures({
      ...request,
      items,
      signal,
      onProgress: (done, total) => bar.show(layerOf(backbone), done, total),
    });
  } finally {
    bar.stop();
  }
  const seconds = (performance.now() - started) / 1000;
  const features = openFeatures(request, items);
  const length = features.shape.reduce((product, size) => product * size, 1);
  writeNpy(options.out, features.read(items), [items.length, length]);
  const [, { path: labels }, { path: record }] = outputsOf(options.out);
  writeNpy(
    labels,
    Int32Array.from(items, (item) => images.items[item].label),
    [items.length],
  );
  features.close();
  await writeFeatureRecord(record, {
    images: { name: images.name, checksum: images.checksum, partial: images.partial ?? null },
    classNames: images.classNames,
    backbone: backboneOf(backbone),
    layer: layerOf(backbone),
    view,
    files: [options.out, labels],
  });
  const speed = made === 0 ? '' : ` at ${(made / seconds).toFixed(0)} a second`;
  process.stdout.write(
    `${items.length} pictures of ${images.name}${images.partial === undefined ? '' : ` (${images.partial})`}, ${length} numbers each; ${made} computed${speed}, the others were in the cache.\n${options.out}\n${labels}\n${record}\n`,
  );
}

function outputsOf(out: string) {
  const base = out.replace(/\.npy$/i, '');
  const record = `${base}.json`;
  return [out, `${base}-labels.npy`, record].map((path) => ({
    path,
    isEarlierResult: () => isRecordedFile(path, record),
  }));
}

function backboneOf(layer: FeatureLayer): { readonly name: string; readonly sha256: string } {
  if ('onnx' in layer) return { name: layer.onnx.name, sha256: layer.onnx.checksum };
  return { name: layer.network.name, sha256: layer.weights.checksum };
}

const layerOf = (layer: FeatureLayer) => ('onnx' in layer ? layer.onnx.layer : layer.layer);

async function openBackbone(options: EmbedOptions): Promise<FeatureLayer> {
  const { backbone, weights, layer } = options;
  if (isOnnxFile(backbone))
    return { onnx: await openOnnxBackbone(backbone, layer, { ...options, inputValues: options.inputValue }) };
  refuseOnnxOptions(backbone, { ...options, layer: undefined });
  const network = networks[backbone];
  if (network === undefined)
    throw choice('--backbone', backbone, [...Object.keys(networks), 'the path of an .onnx file']);
  return {
    network,
    weights: readWeights(network, weights ?? pretrainedWeightsPath(network.name)),
    layer: layerName(network, layer ?? 'pool5'),
  };
}

function choice(option: string, found: string, allowed: readonly string[]): KitError {
  return new KitError('invalid-argument', `${option} is "${found}"; it can be ${allowed.join(', ')}.`);
}

async function chosen(target: string, options: EmbedOptions) {
  const images = await load(target, options);
  return { images, items: itemsOf(images, options.split) };
}

/** The test pictures of a run, by its record. */
async function testPicturesOf(record: string): Promise<{ images: ImageSet; items: readonly number[] }> {
  const { images, test } = await loadExperimentData(parseRunSpec(readSpecFile(record), record));
  if (images.digests !== undefined) return { images, items: test };
  const { pixels, size } = images as FixedSizeImageSet;
  const length = size * size * 3;
  const digests = images.items.map((_, i) =>
    createHash('sha256')
      .update(pixels.subarray(i * length, (i + 1) * length))
      .digest('hex'),
  );
  return { images: { ...images, digests }, items: test };
}

async function load(target: string, options: EmbedOptions): Promise<ImageSet & { split?: Split }> {
  const directory = datasetRoot(folderOf(target));
  const found = recogniseDataset(directory);
  const listed = { directory, allowPartial: options.allowPartial, boundingBoxCrops: options.boxes };
  switch (found?.kind) {
    case 'published':
      if (found.name === 'cub200') return loadCub200(listed);
      if (found.name === 'cars196') return loadCars196(listed);
      return loadOnlineProducts(listed);
    case 'cub-crops':
      return loadCub200Crops({ directory });
    default:
      return loadImageFolder({ directory, singleImageClasses: 'allow' });
  }
}

/** A folder as given, else one of the data directory, by its own name or by that in `kit data list`. */
function folderOf(target: string): string {
  const source = datasetSources.find(({ name }) => name === target);
  const candidates = [target, join(dataDirectory(), source?.folder ?? target), join(dataDirectory(), target)];
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined || source === undefined) return found ?? target;
  throw new KitError(
    'dataset-missing',
    `${source.title} is not in ${candidates[1]}. npx kit data get ${target} fetches it, or name the folder that holds it.`,
  );
}

interface Split {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

function itemsOf(images: ImageSet & { split?: Split }, side: string): number[] {
  const all = [...images.items.keys()];
  if (side === 'all') return all;
  const classes = side === 'train' || side === 'test' ? images.split?.[side] : undefined;
  if (classes === undefined)
    throw choice('--split', side, images.split === undefined ? ['all'] : ['all', 'train', 'test']);
  const wanted = new Set(classes);
  return all.filter((item) => wanted.has(images.items[item].label));
}
