import { float16Bits } from '../backends/onnxruntime/float16-tensor.js';
import '../backends/onnxruntime/no-telemetry.js';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import sharp from 'sharp';
import { packageVersion } from '../backends/package-version.js';
import { cacheFolder } from '../files/cache-folder.js';
import { PATIENCE_WITH_MACHINES, withLock } from '../files/file-lock.js';
import { halvesToFloats } from '../files/half-float.js';
import { KitError } from '../kit-error.js';
import { layerName, type Network, outputShapes } from '../models/network.js';
import { onnxNetwork } from '../models/onnx-network.js';
import type { PretrainedWeights } from '../models/read-weights.js';
import type { ImageSet } from '../types/image-set.js';
import { caffePreprocessing } from './caffe-preprocessing.js';
import type { OnnxBackbone } from './onnx-backbone.js';
import { pictureKeys } from './picture-key.js';
import type { PictureView } from './picture-view.js';
import { type Preprocessing, writePreprocessed } from './preprocessing.js';
import { RowCache } from './row-cache.js';

interface NetworkLayerRequest {
  readonly network: Network;
  readonly weights: PretrainedWeights;
  /** A layer's name, or its block's: `pool5`, `inception_4e`. */
  readonly layer: string;
}

/** Whose output to take: a layer of a network that the kit describes, or a file of another framework. */
export type FeatureLayer = NetworkLayerRequest | { readonly onnx: OnnxBackbone };

export type FeatureRequest = FeatureLayer & { readonly images: ImageSet; readonly view: PictureView };

export type ExtractFeaturesOptions = FeatureRequest & {
  /** Items to extract; default all. */
  readonly items?: readonly number[];
  onProgress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
};

/** Features on disk, one row an item. */
export interface FeatureRows {
  /** Of one row: [features], or [height, width, channels]. */
  readonly shape: readonly number[];
  /** Rows of these items, one after another. */
  read(items: ArrayLike<number>): Float32Array;
  close(): void;
}

const BATCH = 32;
/** Of pictures as floats; whole batches fit up to 836 pixels a side. */
const BATCH_BYTES = 2 ** 28;
/** Threads that wait by spinning starve the decoders, and whatever else the machine is doing. */
const SESSION = { extra: { session: { intra_op: { allow_spinning: '0' } } } };

/**
 * Makes the features of a layer for every item that the cache lacks, through onnxruntime, while the next pictures
 * are decoded. The cache is keyed by network, weights, layer, view and picture, and shared by all data sets and runs;
 * stopped or killed, it goes on where it was. Layers with positions are kept in float16 (11 bits of precision), vectors
 * in float32.
 *
 * @returns how many were computed
 * @throws KitError `broken-image` naming the picture, `cancelled`, `not-writable`, `unsupported-file` where
 *   onnxruntime does not start
 */
export async function extractFeatures(options: ExtractFeaturesOptions): Promise<number> {
  const { images, items = [...images.items.keys()], signal } = options;
  const plan = planOf(options);
  if (missingFrom(plan, items).length === 0) return 0;
  const make = async () => {
    const cache = new RowCache(plan.folder, plan.rowBytes);
    try {
      const missing = lackingIn(cache, plan, items);
      if (missing.length === 0) return 0;
      const onnx = await import('onnxruntime-node');
      const session = await sessionOf(onnx, plan.model());
      const length = 3 * plan.preprocessing.crop ** 2;
      const atOnce = plan.batch ?? picturesAtOnce(length);
      const decode = async (start: number) => {
        const batch = missing.slice(start, start + atOnce);
        const data = new Float32Array((plan.batch ?? batch.length) * length);
        await Promise.all(
          batch.map(async (item, i) =>
            writePreprocessed(
              await images.read(item),
              options.view,
              images.digests?.[item] as string,
              plan.preprocessing,
              data.subarray(i * length, (i + 1) * length),
            ),
          ),
        );
        return { batch, data };
      };
      try {
        let next = decode(0);
        for (let start = 0; start < missing.length; start += atOnce) {
          const { batch, data } = await next;
          if (signal?.aborted)
            throw new KitError('cancelled', `Stopped after ${start} of ${missing.length} pictures.`);
          next = decode(start + atOnce);
          // Awaited in the next round; a picture that breaks while the network runs must not end the process before.
          next.catch(() => {});
          const values = await plan.run(session, data);
          requireFinite(values, batch, plan, images);
          cache.append(
            batch.map(plan.digest),
            new Uint8Array(values.buffer, values.byteOffset, batch.length * plan.rowBytes),
          );
          options.onProgress?.(Math.min(start + atOnce, missing.length), missing.length);
        }
      } finally {
        await session.release();
      }
      return missing.length;
    } finally {
      cache.close();
    }
  };
  return withLock(join(plan.folder, 'lock'), make, { patience: PATIENCE_WITH_MACHINES, signal });
}

/**
 * Opens features that `extractFeatures` made.
 *
 * @throws KitError `invalid-argument` when those of an item are not there
 */
export function openFeatures(request: FeatureRequest, items: readonly number[]): FeatureRows {
  const plan = planOf(request);
  const [absent] = missingFrom(plan, items);
  if (absent !== undefined) {
    throw new KitError(
      'invalid-argument',
      `The ${plan.layer} features of ${request.images.items[absent].path} were not extracted yet.`,
    );
  }
  const cache = new RowCache(plan.folder, plan.rowBytes, { readOnly: true });
  return {
    shape: plan.shape,
    read: (wanted) => {
      const bytes = new Uint8Array(wanted.length * plan.rowBytes);
      for (let i = 0; i < wanted.length; i++)
        cache.read(plan.digest(wanted[i]), bytes.subarray(i * plan.rowBytes, (i + 1) * plan.rowBytes));
      return plan.half ? halvesToFloats(new Uint16Array(bytes.buffer)) : new Float32Array(bytes.buffer);
    },
    close: () => cache.close(),
  };
}

/** @param length numbers of a picture */
export function picturesAtOnce(length: number): number {
  return Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / (length * Float32Array.BYTES_PER_ELEMENT))));
}

type Plan = ReturnType<typeof planOf>;

function missingFrom(plan: Plan, items: readonly number[]): readonly number[] {
  const [digests, rows] = ['digests.bin', 'rows.bin'].map((file) => existsSync(join(plan.folder, file)));
  if (digests !== rows)
    process.emitWarning(
      `The feature cache in ${plan.folder} lacks ${digests ? 'rows.bin' : 'digests.bin'}; its features are computed again.`,
    );
  if (!digests || !rows) return items;
  const cache = new RowCache(plan.folder, plan.rowBytes, { readOnly: true });
  try {
    return lackingIn(cache, plan, items);
  } finally {
    cache.close();
  }
}

/** Equal pictures count once. */
function lackingIn(cache: RowCache, plan: Plan, items: readonly number[]): number[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const digest = plan.digest(item);
    const lacking = !cache.has(digest) && !seen.has(digest);
    seen.add(digest);
    return lacking;
  });
}

/** Raised when the pixels that reach the network change, so that older caches are not taken for them. */
const PREPROCESSING = 1;

function planOf(request: FeatureRequest) {
  const { images, view } = request;
  const source = sourceOf(request);
  const programs = [packageVersion('onnxruntime-node'), sharp.versions.sharp];
  const key = JSON.stringify([PREPROCESSING, ...programs, ...source.key, source.layer, view, source.half]);
  return {
    ...source,
    rowBytes: source.shape.reduce((product, size) => product * size, source.half ? 2 : 4),
    folder: join(cacheFolder(), 'features', sha256(key).slice(0, 16)),
    digest: pictureKeys(images),
  };
}

function sourceOf(request: FeatureLayer & { readonly view: PictureView }): FeatureSource {
  return 'onnx' in request ? onnxSource(request.onnx) : networkSource(request, request.view);
}

function sessionOf(
  { InferenceSession: session }: typeof import('onnxruntime-node'),
  model: Uint8Array | string,
): Promise<InferenceSession> {
  return typeof model === 'string' ? session.create(model, SESSION) : session.create(model, SESSION);
}

/** How a layer's output is made, and where it stands in the cache. */
interface FeatureSource {
  /** Names network and weights. */
  readonly key: readonly string[];
  readonly layer: string;
  readonly preprocessing: Preprocessing;
  readonly shape: readonly number[];
  /** In float16. */
  readonly half: boolean;
  /** The bytes that onnxruntime loads, or their path. */
  readonly model: () => Uint8Array | string;
  /** @param planes of pictures, one after another @returns rows: float32, or the bits of float16 */
  run(session: InferenceSession, planes: Float32Array): Promise<Float32Array | Uint16Array>;
  readonly batch?: number;
}

/** Of one picture's features: sizes, whether they are kept in float16, and bytes on disk. */
export function featureShape(network: Network, layer: string, view: PictureView) {
  const { crop } = caffePreprocessing(network.inputSize, view);
  const sizes = outputShapes(network, crop).get(layerName(network, layer));
  const [channels, height, width] = sizes as readonly [number, number, number];
  const half = height > 0;
  const shape = half ? [height, width, channels] : [channels];
  return { shape, half, rowBytes: shape.reduce((product, size) => product * size, half ? 2 : 4) };
}

/** Milliseconds a picture that a layer's features take here, decoding apart; nothing is kept. */
export async function timeFeatures(request: FeatureLayer & { readonly view: PictureView }): Promise<number> {
  const source = sourceOf(request);
  const onnx = await import('onnxruntime-node');
  const session = await sessionOf(onnx, source.model());
  const timed = source.batch ?? TIMED;
  const pictures = new Float32Array(timed * 3 * source.preprocessing.crop ** 2);
  try {
    await source.run(session, pictures);
    const start = performance.now();
    await source.run(session, pictures);
    return (performance.now() - start) / timed;
  } finally {
    await session.release();
  }
}

const TIMED = 8;

function networkSource({ network, weights, layer }: NetworkLayerRequest, view: PictureView): FeatureSource {
  const name = layerName(network, layer);
  const { shape, half } = featureShape(network, layer, view);
  const preprocessing = caffePreprocessing(network.inputSize, view);
  const side = preprocessing.crop;
  return {
    key: [network.name, weights.checksum],
    layer: name,
    preprocessing,
    shape,
    half,
    model: () => onnxNetwork(network, weights.layers, [name], { half, channelsLast: true }),
    run: async (session, planes) => {
      const { Tensor } = await import('onnxruntime-node');
      const dims = [planes.length / (3 * side * side), 3, side, side];
      const outputs = await session.run({ data: new Tensor('float32', planes, dims) });
      const output = outputs[session.outputNames[0]];
      return half ? float16Bits(output) : (output.data as Float32Array);
    },
  };
}

function onnxSource(onnx: OnnxBackbone): FeatureSource {
  const { path, checksum, settings, layer, shape, batch, preprocessing } = onnx;
  return {
    key: ['onnx', checksum, settings],
    layer,
    preprocessing,
    shape,
    half: false,
    model: () => path,
    run: (session, planes) => onnx.run(session, planes),
    ...(batch === undefined ? {} : { batch }),
  };
}

/** @throws KitError `invalid-embeddings` naming the picture; rows in float16 are of the kit's own networks */
function requireFinite(
  values: Float32Array | Uint16Array,
  batch: readonly number[],
  { shape, layer }: Plan,
  { items }: ImageSet,
): void {
  if (values instanceof Uint16Array) return;
  const length = shape.reduce((product, size) => product * size, 1);
  const wrong = values.subarray(0, batch.length * length).findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new KitError(
    'invalid-embeddings',
    `The features "${layer}" of ${items[batch[Math.floor(wrong / length)]].path} hold ${values[wrong]}; expected finite numbers. Check the preprocessing, or the export of the network.`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
