import sharp from 'sharp';
import { SeededRandom } from '../seeded-random.js';
import type { RgbImage } from '../types/image-set.js';

/**
 * How a picture becomes a network's square input. `whole`: stretched to it. `centre`: stretched to 256×256, the
 * middle 227×227 of that (the field's test protocol). `random-0`, `random-1`, …: 227×227 somewhere in the 256×256,
 * mirrored or not (its training protocol), drawn with the picture's digest as the seed.
 */
export type PictureView = 'whole' | 'centre' | `random-${number}`;

/** What a network takes: sides in pixels, and how colours become numbers. */
export interface PictureFrame {
  /** Side of the view `whole`. */
  readonly whole: number;
  /** Side of the other views, cut from a square of the side `stretched`. */
  readonly crop: number;
  readonly stretched: number;
  /**
   * `caffe`: planes blue, green, red, 0 to 255 minus the mean of ImageNet, as BVLC's models take them. `torch`: planes
   * red, green, blue, 0 to 1, minus that mean and divided by its standard deviation, as torchvision's models take them.
   */
  readonly colours: 'caffe' | 'torch';
}

/** Of Caffe's networks: crops of 227 from 256, whatever size they were trained at. */
export function caffeFrame(inputSize: number): PictureFrame {
  return { whole: inputSize, crop: 227, stretched: 256, colours: 'caffe' };
}

/** Which channel of a picture each plane takes, and what is taken from it and divided out, in units of 0 to 255. */
const COLOURS = {
  caffe: { channels: [2, 1, 0], mean: [104, 117, 123], deviation: [1, 1, 1] },
  torch: {
    channels: [0, 1, 2],
    mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
    deviation: [0.229 * 255, 0.224 * 255, 0.225 * 255],
  },
} as const;

/** Side in pixels of a view. */
export function viewSide(view: PictureView, frame: PictureFrame): number {
  return view === 'whole' ? frame.whole : frame.crop;
}

/** Writes a view of a picture as three planes of numbers. */
export async function writeView(
  picture: RgbImage,
  view: PictureView,
  digest: string,
  frame: PictureFrame,
  into: Float32Array,
): Promise<void> {
  const { data, width, height } = picture;
  const side = viewSide(view, frame);
  const size = view === 'whole' ? frame.whole : frame.stretched;
  const { channels, mean, deviation } = COLOURS[frame.colours];
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(size, size, { fit: 'fill' })
    .raw()
    .toBuffer();
  const { left, top, mirrored } = cropOf(view, digest, frame.stretched - frame.crop);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const column = left + (mirrored ? side - 1 - x : x);
      const from = ((top + y) * size + column) * 3;
      const at = y * side + x;
      for (let plane = 0; plane < 3; plane++)
        into[plane * side * side + at] = (pixels[from + channels[plane]] - mean[plane]) / deviation[plane];
    }
  }
}

function cropOf(
  view: PictureView,
  digest: string,
  margin: number,
): { left: number; top: number; mirrored: boolean } {
  if (view === 'whole') return { left: 0, top: 0, mirrored: false };
  if (view === 'centre')
    return { left: Math.floor(margin / 2), top: Math.floor(margin / 2), mirrored: false };
  const random = new SeededRandom(digest).fork(view);
  return {
    left: random.integer(margin + 1),
    top: random.integer(margin + 1),
    mirrored: random.uniform() < 0.5,
  };
}
