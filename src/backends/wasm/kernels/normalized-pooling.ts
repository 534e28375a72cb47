import type { WasmKernel } from './wasm-backend.js';

export const NORMALIZED_POOLING = 'KitNormalizedPooling';
export const NORMALIZED_POOLING_GRADIENT = 'KitNormalizedPoolingGradient';

/**
 * x [n, h, w, c] normalised by the statistics of the batch, the largest of each 2×2 window, negatives set to zero.
 * Also returns mean [c], variance [c], and for each output the position of the first largest in x, as its complement
 * where no gradient goes there because the output is zero. The normalised x is never kept.
 */
export const normalizedPoolingKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const [images, height, width, channels] = inputs.x.shape;
  const pooledShape = [images, height >> 1, width >> 1, channels];
  const outputs = [
    backend.makeOutput(pooledShape, 'float32'),
    backend.makeOutput([channels], 'float32'),
    backend.makeOutput([channels], 'float32'),
    backend.makeOutput(pooledShape, 'int32'),
  ];
  const [pooled, mean, variance, positions] = outputs.map((info) => backend.typedArrayFromHeap(info));
  const [x, scale, offset] = [inputs.x, inputs.scale, inputs.offset].map((info) =>
    backend.typedArrayFromHeap(info),
  );
  writeStatistics(x, mean, variance);
  const factor = Float64Array.from(variance, (v, c) => scale[c] / Math.sqrt(v + (attrs.epsilon as number)));
  const shift = Float64Array.from(factor, (f, c) => offset[c] - mean[c] * f);
  const pooledBits = new Int32Array(pooled.buffer, pooled.byteOffset, pooled.length);
  const rowLength = width * channels;
  const normalized = new Float32Array(2 * rowLength);
  const bits = new Int32Array(normalized.buffer);
  let at = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y + 1 < height; y += 2) {
      const start = (image * height + y) * rowLength;
      for (let i = 0; i < normalized.length; )
        for (let c = 0; c < channels; c++, i++) normalized[i] = x[start + i] * factor[c] + shift[c];
      for (let column = 0; column + 1 < width; column += 2) {
        const past = (column + 1) * channels;
        for (let corner = column * channels; corner < past; corner++, at++) {
          // Which of four is largest can't be predicted, so nothing here branches. Numbers that are not negative
          // have the order of their bits; those below zero count as zero.
          let largest = bits[corner] & ~(bits[corner] >> 31);
          let best = corner;
          for (let other = corner + channels, i = 1; i < 4; i++) {
            const value = bits[other] & ~(bits[other] >> 31);
            const larger = (largest - value) >> 31;
            largest ^= (largest ^ value) & larger;
            best ^= (best ^ other) & larger;
            other += i === 1 ? rowLength - channels : channels;
          }
          pooledBits[at] = largest;
          positions[at] = (start + best) ^ ((largest - 1) >> 31);
        }
      }
    }
  }
  return outputs;
};

/** Gradients to x, scale and offset, through the batch statistics (Ioffe & Szegedy 2015, section 3). */
export const normalizedPoolingGradientKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const channels = inputs.scale.shape[0];
  const outputs = [
    backend.makeOutput(inputs.x.shape, 'float32'),
    backend.makeOutput([channels], 'float32'),
    backend.makeOutput([channels], 'float32'),
  ];
  const [toX, toScale, toOffset] = outputs.map((info) => backend.typedArrayFromHeap(info));
  const [dy, positions, x, scale, mean, variance] = [
    inputs.dy,
    inputs.positions,
    inputs.x,
    inputs.scale,
    inputs.mean,
    inputs.variance,
  ].map((info) => backend.typedArrayFromHeap(info));
  const inverse = Float64Array.from(variance, (v) => 1 / Math.sqrt(v + (attrs.epsilon as number)));
  const sumDy = new Float64Array(channels);
  const sumDyX = new Float64Array(channels);
  for (let at = 0; at < dy.length; ) {
    for (let c = 0; c < channels; c++, at++) {
      const closed = positions[at] >> 31;
      const gradient = dy[at] * (1 + closed);
      sumDy[c] += gradient;
      sumDyX[c] += gradient * (x[positions[at] ^ closed] - mean[c]);
    }
  }
  const rows = x.length / channels;
  const dyFactor = new Float64Array(channels);
  const xFactor = new Float64Array(channels);
  const constant = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    toOffset[c] = sumDy[c];
    toScale[c] = sumDyX[c] * inverse[c];
    dyFactor[c] = scale[c] * inverse[c];
    xFactor[c] = (-dyFactor[c] * inverse[c] * inverse[c] * sumDyX[c]) / rows;
    constant[c] = (-dyFactor[c] * sumDy[c]) / rows - xFactor[c] * mean[c];
  }
  for (let at = 0; at < x.length; ) {
    for (let c = 0; c < channels; c++, at++) toX[at] = xFactor[c] * x[at] + constant[c];
  }
  for (let at = 0; at < dy.length; ) {
    for (let c = 0; c < channels; c++, at++) {
      const closed = positions[at] >> 31;
      const to = positions[at] ^ closed;
      toX[to] = dyFactor[c] * dy[at] * (1 + closed) + xFactor[c] * x[to] + constant[c];
    }
  }
  return outputs;
};

/** Mean and biased variance of each channel, summed in float64, four channels at a time; the last may come again. */
function writeStatistics(x: Float32Array, mean: Float32Array, variance: Float32Array): void {
  const channels = mean.length;
  const rows = x.length / channels;
  for (let c = 0; c < channels; c += 4) {
    const four = [0, 1, 2, 3].map((i) => Math.min(c + i, channels - 1));
    const sums = sumsOfFour(x, channels, four);
    for (const [i, channel] of four.entries()) mean[channel] = sums[i] / rows;
    const squares = squaresOfFour(x, channels, four, mean);
    for (const [i, channel] of four.entries()) variance[channel] = squares[i] / rows;
  }
}

function sumsOfFour(x: Float32Array, channels: number, [c1, c2, c3, c4]: number[]): number[] {
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  for (let row = 0; row < x.length; row += channels) {
    s1 += x[row + c1];
    s2 += x[row + c2];
    s3 += x[row + c3];
    s4 += x[row + c4];
  }
  return [s1, s2, s3, s4];
}

function squaresOfFour(
  x: Float32Array,
  channels: number,
  [c1, c2, c3, c4]: number[],
  mean: Float32Array,
): number[] {
  const [m1, m2, m3, m4] = [mean[c1], mean[c2], mean[c3], mean[c4]];
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  for (let row = 0; row < x.length; row += channels) {
    const d1 = x[row + c1] - m1;
    const d2 = x[row + c2] - m2;
    const d3 = x[row + c3] - m3;
    const d4 = x[row + c4] - m4;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
    s4 += d4 * d4;
  }
  return [s1, s2, s3, s4];
}
