import type { SeededRandom } from '../seeded-random.js';

export interface AugmentationOptions {
  /** Largest shift to either side, in pixels. */
  readonly shift: number;
  /** Whether half of the pictures are mirrored left to right. */
  readonly flip: boolean;
  /** Largest rotation to either side, in degrees. */
  readonly rotateDegrees: number;
  /** Largest change of size: 0.2 draws factors from 1/1.2 to 1.2. */
  readonly zoom: number;
  /** Strength of the change of each colour channel's gain and of brightness, as a share of full scale. */
  readonly colour: number;
}

export interface SquarePictures {
  /** Side in pixels. */
  readonly size: number;
  /** n × size × size × 3 bytes. */
  readonly pixels: Uint8Array;
}

/**
 * A batch of network inputs, [indices.length, size, size, 3] row-major, in [−1, 1].
 *
 * @param random null leaves the pictures as they are; otherwise each is shifted, mirrored, turned, zoomed
 *   (bilinear, edges repeated) and recoloured at random
 */
export function pictureBatch(
  pictures: SquarePictures,
  indices: ArrayLike<number>,
  augmentation: AugmentationOptions,
  random: SeededRandom | null,
): Float32Array {
  const { size, pixels } = pictures;
  const length = size * size * 3;
  const batch = new Float32Array(indices.length * length);
  for (let i = 0; i < indices.length; i++) {
    const source = pixels.subarray(indices[i] * length, (indices[i] + 1) * length);
    const target = batch.subarray(i * length, (i + 1) * length);
    if (random === null) copyScaled(source, target);
    else warp(source, target, size, augmentation, random);
  }
  return batch;
}

function copyScaled(source: Uint8Array, target: Float32Array): void {
  for (let i = 0; i < source.length; i++) target[i] = source[i] / 127.5 - 1;
}

function warp(
  source: Uint8Array,
  target: Float32Array,
  size: number,
  augmentation: AugmentationOptions,
  random: SeededRandom,
): void {
  const signed = (largest: number) => (2 * random.uniform() - 1) * largest;
  const angle = (signed(augmentation.rotateDegrees) * Math.PI) / 180;
  const scale = (1 + augmentation.zoom) ** signed(1);
  const [shiftX, shiftY] = [signed(augmentation.shift), signed(augmentation.shift)];
  const mirror = augmentation.flip && random.uniform() < 0.5 ? -1 : 1;
  const gain = [0, 1, 2].map(() => (1 + signed(augmentation.colour)) / 127.5);
  const brightness = signed(augmentation.colour) - 1;
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const centre = (size - 1) / 2;
  const last = size - 1;

  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at += 3) {
      const dx = mirror * (x - centre);
      const dy = y - centre;
      const sourceX = Math.min(last, Math.max(0, cos * dx - sin * dy + centre + shiftX));
      const sourceY = Math.min(last, Math.max(0, sin * dx + cos * dy + centre + shiftY));
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const fractionX = sourceX - left;
      const fractionY = sourceY - top;
      const topLeft = (top * size + left) * 3;
      const right = left < last ? 3 : 0;
      const down = top < last ? size * 3 : 0;
      for (let c = 0; c < 3; c++) {
        const p = topLeft + c;
        const upper = source[p] + (source[p + right] - source[p]) * fractionX;
        const lower = source[p + down] + (source[p + down + right] - source[p + down]) * fractionX;
        target[at + c] = (upper + (lower - upper) * fractionY) * gain[c] + brightness;
      }
    }
  }
}
