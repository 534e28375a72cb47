import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { layerName, type Network, outputShapes } from '../models/network.js';
import { onnxNetwork } from '../models/onnx-network.js';
import type { PretrainedWeights } from '../models/read-weights.js';
import { cacheFolder } from '../runtime/cache-folder.js';
import { withLock } from '../runtime/file-lock.js';
import { halvesToFloats } from '../runtime/half-float.js';
import { KitError } from '../runtime/kit-error.js';
import type { ImageSet } from '../types/image-set.js';
import { type PictureView, viewSide, writeView } from './picture-view.js';
import { RowCache } from './row-cache.js';

export interface FeatureRequest {
  readonly images: ImageSet;
  readonly network: Network;
  readonly weights: PretrainedWeights;
  /** A layer's name, or its block's: `pool5`, `inception_4e`. */
  readonly layer: string;
  readonly view: PictureView;
}

export interface ExtractFeaturesOptions extends FeatureRequest {
  /** Items to extract; default all. */
  readonly items?: readonly number[];
  onProgress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** Features on disk, one row an item. */
export interface FeatureRows {
  /** Of one row: [features], or [height, width, channels]. */
  readonly shape: readonly number[];
  /** Rows of these items, one after another. */
  read(items: ArrayLike<number>): Float32Array;
  close(): void;
}

const BATCH = 32;

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
  const { images, network, weights, view, items = [...images.items.keys()], signal } = options;
  const plan = planOf(options);
  if (missingFrom(plan, items).length === 0) return 0;
  return withLock(join(plan.folder, 'lock'), async () => {
    const cache = new RowCache(plan.folder, plan.rowBytes);
    try {
      const missing = lackingIn(cache, plan, items);
      if (missing.length === 0) return 0;
      const onnx = await import('onnxruntime-node');
      const session = await onnx.InferenceSession.create(
        onnxNetwork(network, weights.layers, [plan.layer], { half: plan.half, channelsLast: true }),
        // Threads that wait by spinning starve the decoders, and whatever else the machine is doing.
        { extra: { session: { intra_op: { allow_spinning: '0' } } } },
      );
      const side = viewSide(view, network.inputSize);
      const length = 3 * side * side;
      const decode = async (start: number) => {
        const batch = missing.slice(start, start + BATCH);
        const data = new Float32Array(batch.length * length);
        await Promise.all(
          batch.map(async (item, i) =>
            writeView(
              await images.read(item),
              view,
              images.digests?.[item] as string,
              network.inputSize,
              data.subarray(i * length, (i + 1) * length),
            ),
          ),
        );
        return { batch, data };
      };
      let next = decode(0);
      for (let start = 0; start < missing.length; start += BATCH) {
        const { batch, data } = await next;
        if (signal?.aborted)
          throw new KitError('cancelled', `Stopped after ${start} of ${missing.length} pictures.`);
        next = decode(start + BATCH);
        // Awaited in the next round; a picture that breaks while the network runs must not end the process before.
        next.catch(() => {});
        const outputs = await session.run({
          data: new onnx.Tensor('float32', data, [batch.length, 3, side, side]),
        });
        const values = outputs[session.outputNames[0]].data as Float32Array | Uint16Array;
        cache.append(
          batch.map(plan.digest),
          new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
        );
        options.onProgress?.(Math.min(start + BATCH, missing.length), missing.length);
      }
      return missing.length;
    } finally {
      cache.close();
    }
  });
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

type Plan = ReturnType<typeof planOf>;

function missingFrom(plan: Plan, items: readonly number[]): readonly number[] {
  if (!existsSync(join(plan.folder, 'digests.bin'))) return items;
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

function planOf({ images, network, weights, layer, view }: FeatureRequest) {
  const name = layerName(network, layer);
  const side = viewSide(view, network.inputSize);
  const [channels, height, width] = outputShapes(network, side).get(name) as readonly [
    number,
    number,
    number,
  ];
  const half = height > 0;
  const shape = half ? [height, width, channels] : [channels];
  const key = JSON.stringify([PREPROCESSING, network.name, weights.checksum, name, view, half]);
  const digests = images.digests;
  if (digests === undefined)
    throw new KitError(
      'invalid-argument',
      `${images.name} gives no digests of its pictures; load it from files.`,
    );
  return {
    layer: name,
    half,
    shape,
    rowBytes: shape.reduce((product, size) => product * size, half ? 2 : 4),
    folder: join(cacheFolder(), 'features', sha256(key).slice(0, 16)),
    digest: (item: number) => (digests[item].length === 64 ? digests[item] : sha256(digests[item])),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
