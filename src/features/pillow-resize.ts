import type { RgbImage } from '../types/image-set.js';

export type Interpolation = 'bilinear' | 'bicubic' | 'lanczos';

const KERNELS: Record<Interpolation, { readonly support: number; weight(x: number): number }> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight: (x) => {
      const t = Math.abs(x);
      if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
      return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Bits of Pillow's fixed-point weights: 32 less 8 of a sample and 2 of headroom. */
const PRECISION = 22;

/**
 * Resizes as Pillow's `Image.resize`, and so torchvision's and timm's transforms, to the bit: the kernel widened by the
 * factor where a picture becomes smaller, rows before columns, 8 bits in between. libvips gives other pixels.
 */
export function pillowResize(image: RgbImage, width: number, height: number, by: Interpolation): RgbImage {
  const wide =
    width === image.width
      ? image
      : { ...resample(image.data, image.width, image.height, width, by), height: image.height };
  if (height === image.height) return { ...wide, width, height };
  const turned = transpose(wide.data, width, image.height);
  const { data } = resample(turned, image.height, width, height, by);
  return { width, height, data: transpose(data, height, width) };
}

/** Along each row. */
function resample(data: Uint8Array, from: number, rows: number, to: number, by: Interpolation) {
  const { starts, weights, taps } = coefficients(from, to, by);
  const result = new Uint8Array(to * rows * 3);
  const half = 2 ** (PRECISION - 1);
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 0; x < to; x++, at += 3) {
      let [red, green, blue] = [half, half, half];
      for (let tap = 0, p = (y * from + starts[x]) * 3; tap < taps; tap++, p += 3) {
        const weight = weights[x * taps + tap];
        if (weight === 0) continue;
        red += weight * data[p];
        green += weight * data[p + 1];
        blue += weight * data[p + 2];
      }
      result[at] = toByte(red);
      result[at + 1] = toByte(green);
      result[at + 2] = toByte(blue);
    }
  }
  return { data: result, width: to };
}

const toByte = (sum: number) => Math.min(255, Math.max(0, Math.floor(sum / 2 ** PRECISION)));

function coefficients(from: number, to: number, by: Interpolation) {
  const kernel = KERNELS[by];
  const factor = from / to;
  const widened = Math.max(1, factor);
  const support = kernel.support * widened;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  for (let x = 0; x < to; x++) {
    const centre = (x + 0.5) * factor;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(from, Math.trunc(centre + support + 0.5));
    const own = Array.from({ length: last - first }, (_, i) =>
      kernel.weight((i + first - centre + 0.5) / widened),
    );
    const sum = own.reduce((total, weight) => total + weight, 0);
    starts[x] = first;
    for (const [i, weight] of own.entries()) {
      const scaled = (weight / sum) * 2 ** PRECISION;
      weights[x * taps + i] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
  }
  return { starts, weights, taps };
}

function transpose(data: Uint8Array, width: number, height: number): Uint8Array {
  const turned = new Uint8Array(data.length);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from += 3) {
      const to = (x * height + y) * 3;
      turned[to] = data[from];
      turned[to + 1] = data[from + 1];
      turned[to + 2] = data[from + 2];
    }
  }
  return turned;
}
