import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stateOf } from '../datasets/acquisition/get-dataset.js';
import { type DatasetSource, sourceNamed } from '../datasets/acquisition/sources.js';
import { dataDirectory } from '../datasets/data-directory.js';
import { pretrainedWeightsPath } from '../features/pretrained-weights.js';
import { KitError } from '../kit-error.js';
import type { RunSpec } from './run-spec.js';

/** The published data set of a spec, as it is got; undefined for the kit's own and a user's pictures. */
export function sourceOf({ name }: RunSpec['dataset']): DatasetSource | undefined {
  const names = { 'cub-200': 'cub200', 'cars-196': 'cars196', 'online-products': 'online-products' };
  return Object.hasOwn(names, name) ? sourceNamed(names[name as keyof typeof names]) : undefined;
}

/** Bytes of a data set's archives. */
export function downloadBytes({ packagings: [{ archives }] }: DatasetSource): number {
  return archives.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}

/** What runs read and this machine lacks: each in words, with how to get it. Opens no picture. */
export function missingInputs(specs: readonly Pick<RunSpec, 'dataset' | 'model'>[]): readonly KitError[] {
  const datasets = new Map(specs.map(({ dataset }) => [JSON.stringify(dataset), dataset]));
  const weights = specs.some(({ model }) => model.name.startsWith('googlenet'))
    ? missingWeights('googlenet')
    : undefined;
  return [...[...datasets.values()].map(missingDataset), weights].filter((one) => one !== undefined);
}

/** @throws KitError `dataset-missing` or `dataset-partial`, whose message names everything that is missing */
export function requireInputs(specs: Parameters<typeof missingInputs>[0]): void {
  const missing = missingInputs(specs);
  if (missing.length > 0)
    throw new KitError(missing[0].code, missing.map(({ message }) => message).join('\n'));
}

function missingDataset(dataset: RunSpec['dataset']): KitError | undefined {
  const source = sourceOf(dataset);
  if (source === undefined) return undefined;
  const folder = join(dataDirectory(), source.folder);
  const state = stateOf(folder, source);
  const get = `npx kit data get ${source.name}`;
  if (state === undefined) {
    const size = (downloadBytes(source) / 1e9).toFixed(1);
    return new KitError(
      'dataset-missing',
      `${source.title} is not in ${folder}. "${get} --accept-license" downloads it (${size} GB; npx kit data list states the terms), "${get} --from <path> --accept-license" takes the copy that you have.`,
    );
  }
  if (state === 'whole' || ('allowPartial' in dataset && dataset.allowPartial)) return undefined;
  return new KitError(
    'dataset-partial',
    `${source.title} in ${folder} is ${state}; this experiment takes the whole data set. Move that folder away and get the rest: "${get} --accept-license".`,
  );
}

function missingWeights(network: string): KitError | undefined {
  const path = pretrainedWeightsPath(network);
  if (existsSync(path)) return undefined;
  return new KitError(
    'dataset-missing',
    `GoogLeNet's weights are not in ${join(path, '..')}. Put BVLC's bvlc_googlenet.caffemodel there (Caffe's model zoo), or a folder "weights" of per-layer float files.`,
  );
}
