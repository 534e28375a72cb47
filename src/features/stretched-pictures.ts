import { join } from 'node:path';
import sharp from 'sharp';
import { cacheFolder } from '../files/cache-folder.js';
import { PATIENCE_WITH_MACHINES, withLock } from '../files/file-lock.js';
import { KitError } from '../kit-error.js';
import type { ImageSet } from '../types/image-set.js';
import { pictureKeys } from './picture-key.js';
import { RowCache } from './row-cache.js';

/** Side in pixels: the field's protocol stretches every picture to 256×256 and crops from that. */
export const STRETCHED_SIDE = 256;

/** Of one picture. */
export const STRETCHED_BYTES = STRETCHED_SIDE * STRETCHED_SIDE * 3;
const AT_ONCE = 32;

/** Pictures as bytes on disk. */
export interface StretchedPictures {
  /** 256 × 256 × 3 bytes of an item, red, green, blue, row-major. */
  read(item: number, into: Uint8Array): void;
  close(): void;
}

/**
 * Keeps every picture stretched to 256×256 as bytes, beside the feature cache and by the picture's digest: a step then reads
 * instead of decoding. Stopped or killed, it goes on where it was.
 *
 * @throws KitError `broken-image` naming the picture, `cancelled`, `not-writable`
 */
export async function stretchPictures(options: {
  readonly images: ImageSet;
  readonly items: readonly number[];
  onProgress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}): Promise<StretchedPictures> {
  const { images, items } = options;
  const keyOf = pictureKeys(images);
  const folder = join(cacheFolder(), 'pictures', `${STRETCHED_SIDE}-sharp-${sharp.versions.sharp}`);
  const make = async () => {
    const cache = new RowCache(folder, STRETCHED_BYTES);
    try {
      const missing = new Map(
        items.flatMap((item): [string, number][] => (cache.has(keyOf(item)) ? [] : [[keyOf(item), item]])),
      );
      const waiting = [...missing.values()];
      for (let start = 0; start < waiting.length; start += AT_ONCE) {
        if (options.signal?.aborted)
          throw new KitError('cancelled', `Stopped after ${start} of ${waiting.length} pictures.`);
        const batch = waiting.slice(start, start + AT_ONCE);
        const pictures = await Promise.all(batch.map((item) => stretched(images, item)));
        cache.append(batch.map(keyOf), Buffer.concat(pictures));
        options.onProgress?.(start + batch.length, waiting.length);
      }
    } finally {
      cache.close();
    }
  };
  await withLock(join(folder, 'lock'), make, { patience: PATIENCE_WITH_MACHINES, signal: options.signal });
  const cache = new RowCache(folder, STRETCHED_BYTES, { readOnly: true });
  return { read: (item, into) => cache.read(keyOf(item), into), close: () => cache.close() };
}

async function stretched(images: ImageSet, item: number): Promise<Buffer> {
  const { data, width, height } = await images.read(item);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(STRETCHED_SIDE, STRETCHED_SIDE, { fit: 'fill' })
    .raw()
    .toBuffer();
}
