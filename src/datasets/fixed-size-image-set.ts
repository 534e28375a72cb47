import sharp from 'sharp';
import type { ImageSet } from '../types/image-set.js';

/** A set whose pictures all lie in memory as squares of one size. */
export interface FixedSizeImageSet extends ImageSet {
  /** Side in pixels. */
  readonly size: number;
  /** n × size × size × 3 bytes, RGB. */
  readonly pixels: Uint8Array;
}

const DECODED_AT_ONCE = 16;

/** Reads a whole set into memory, every picture fitted into a white square of `size` pixels. */
export async function toFixedSize(set: ImageSet, size: number): Promise<FixedSizeImageSet> {
  const length = size * size * 3;
  const pixels = new Uint8Array(set.items.length * length);
  for (let start = 0; start < set.items.length; start += DECODED_AT_ONCE) {
    const indices = [...set.items.keys()].slice(start, start + DECODED_AT_ONCE);
    await Promise.all(
      indices.map(async (index) => {
        const { data, width, height } = await set.read(index);
        const fitted = await sharp(data, { raw: { width, height, channels: 3 } })
          .resize(size, size, { fit: 'contain', background: '#fff' })
          .raw()
          .toBuffer();
        pixels.set(fitted, index * length);
      }),
    );
  }
  return withPixels(set, size, pixels);
}

/** The set with `read` answered from memory. */
export function withPixels(set: ImageSet, size: number, pixels: Uint8Array): FixedSizeImageSet {
  const length = size * size * 3;
  return {
    ...set,
    size,
    pixels,
    read: async (index) => ({
      width: size,
      height: size,
      data: pixels.subarray(index * length, (index + 1) * length),
    }),
  };
}
