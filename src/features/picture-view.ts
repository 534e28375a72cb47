import sharp from 'sharp';
import { SeededRandom } from '../runtime/seeded-random.js';
import type { RgbImage } from '../types/image-set.js';

/**
 * How a picture becomes a network's square input. `whole`: stretched to it. `centre`: stretched to 256×256, the
 * middle 227×227 of that (the field's test protocol). `random-0`, `random-1`, …: 227×227 somewhere in the 256×256,
 * mirrored or not (its training protocol), drawn with the picture's digest as the seed.
 */
export type PictureView = 'whole' | 'centre' | `random-${number}`;

const STRETCHED = 256;
const CROP = 227;
/** Mean of ImageNet in blue, green, red, as BVLC's models subtract it. */
const MEAN = [104, 117, 123];

/** Side in pixels of a view for a network trained at `inputSize`. */
export function viewSide(view: PictureView, inputSize: number): number {
  return view === 'whole' ? inputSize : CROP;
}

/** Writes a view of a picture as Caffe's models want it: planes blue, green, red, 0 to 255 minus the mean. */
export async function writeView(
  picture: RgbImage,
  view: PictureView,
  digest: string,
  inputSize: number,
  into: Float32Array,
): Promise<void> {
  const { data, width, height } = picture;
  const side = viewSide(view, inputSize);
  const size = view === 'whole' ? inputSize : STRETCHED;
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(size, size, { fit: 'fill' })
    .raw()
    .toBuffer();
  const { left, top, mirrored } = cropOf(view, digest);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const column = left + (mirrored ? side - 1 - x : x);
      const from = ((top + y) * size + column) * 3;
      const at = y * side + x;
      for (let plane = 0; plane < 3; plane++)
        into[plane * side * side + at] = pixels[from + 2 - plane] - MEAN[plane];
    }
  }
}

function cropOf(view: PictureView, digest: string): { left: number; top: number; mirrored: boolean } {
  if (view === 'whole') return { left: 0, top: 0, mirrored: false };
  const margin = STRETCHED - CROP;
  if (view === 'centre')
    return { left: Math.floor(margin / 2), top: Math.floor(margin / 2), mirrored: false };
  const random = new SeededRandom(digest).fork(view);
  return {
    left: random.integer(margin + 1),
    top: random.integer(margin + 1),
    mirrored: random.uniform() < 0.5,
  };
}
