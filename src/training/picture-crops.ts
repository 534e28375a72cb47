import type * as tf from '@tensorflow/tfjs';
import { packBytes, picturesFromBytes } from '../backends/pictures-from-bytes.js';
import type { SeededRandom } from '../seeded-random.js';
import type { BatchInputs } from './batch-inputs.js';

export interface PictureCrop {
  readonly left: number;
  readonly top: number;
  readonly mirrored: boolean;
}

/** @param margin of the picture's side over the crop's @param random null for the middle; else anywhere, mirrored or not */
export function drawCrop(margin: number, random: SeededRandom | null): PictureCrop {
  if (random === null) {
    return { left: Math.floor(margin / 2), top: Math.floor(margin / 2), mirrored: false };
  }
  return {
    left: random.integer(margin + 1),
    top: random.integer(margin + 1),
    mirrored: random.uniform() < 0.5,
  };
}

/** Copies a square of `side` pixels out of a square picture of bytes, red, green, blue each. */
export function cropPicture(
  picture: Uint8Array,
  pictureSide: number,
  { left, top, mirrored }: PictureCrop,
  side: number,
  into: Uint8Array,
): void {
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * pictureSide + left) * 3;
    const row = picture.subarray(start, start + side * 3);
    if (!mirrored) into.set(row, y * side * 3);
    else {
      for (let x = 0, at = y * side * 3; x < side; x++, at += 3) {
        const from = (side - 1 - x) * 3;
        into[at] = row[from];
        into[at + 1] = row[from + 1];
        into[at + 2] = row[from + 2];
      }
    }
  }
}

/**
 * Square crops of square pictures, as Caffe's networks take them: at random and mirrored or not in training, the middle
 * otherwise. They are uploaded as bytes.
 *
 * @param read writes an item's picture, pictureSide² × 3 bytes
 */
export function cropInputs(
  read: (item: number, into: Uint8Array) => void,
  { pictureSide, side }: { readonly pictureSide: number; readonly side: number },
): BatchInputs {
  const length = side * side * 3;
  const packedLength = (n: number) => Math.ceil((n * length) / 4);
  return {
    shape: [side, side, 3],
    dtype: 'int32',
    uploadShape: (n) => [packedLength(n)],
    read: (items, random) => {
      const picture = new Uint8Array(pictureSide * pictureSide * 3);
      const crops = new Uint8Array(items.length * length);
      for (let i = 0; i < items.length; i++) {
        read(items[i], picture);
        const crop = drawCrop(pictureSide - side, random);
        cropPicture(picture, pictureSide, crop, side, crops.subarray(i * length, (i + 1) * length));
      }
      return packBytes(crops);
    },
    toNetwork: (packed, n) => picturesFromBytes(packed as tf.Tensor1D, [n, side, side, 3]),
  };
}
