import * as tf from '@tensorflow/tfjs';
import { callWasmKernel, reshaped, type WasmBackend, type WasmKernel } from './wasm-backend.js';

type Geometry = tf.backend_util.Conv2DInfo;

/** Gradient of a convolution's filter: im2col, laid out [kernel position × channel, output position], times dy. */
export const conv2DBackpropFilterKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const { x, dy } = inputs;
  const filterShape = attrs.filterShape as [number, number, number, number];
  const geometry = geometryOf(x.shape, filterShape, attrs);
  const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } = geometry;
  const positions = batchSize * outHeight * outWidth;
  const columns = backend.makeOutput([filterHeight * filterWidth * inChannels, positions], 'float32');
  if (keepsSize(geometry)) {
    const flat = reshaped(x, [positions, inChannels], backend);
    const planes = callWasmKernel(tf.Transpose, { x: flat }, backend, { perm: [1, 0] });
    writeShiftedPlanes(backend.typedArrayFromHeap(planes), backend.typedArrayFromHeap(columns), geometry);
    for (const info of [flat, planes]) backend.disposeData(info.dataId);
  } else {
    writeTransposedColumns(backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(columns), geometry);
  }
  const rows = reshaped(dy, [positions, outChannels], backend);
  const gradient = callWasmKernel(tf.BatchMatMul, { a: columns, b: rows }, backend);
  backend.disposeData(columns.dataId);
  backend.disposeData(rows.dataId);
  return { ...gradient, shape: filterShape };
};

/** Gradient of a convolution's input. */
export const conv2DBackpropInputKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const inputShape = attrs.inputShape as [number, number, number, number];
  const geometry = geometryOf(inputShape, inputs.filter.shape as [number, number, number, number], attrs);
  return geometry.strideHeight === 1 && geometry.strideWidth === 1
    ? byConvolution(inputs.dy, inputs.filter, backend, geometry)
    : byScattering(inputs.dy, inputs.filter, backend, geometry);
};

/** At stride 1 the gradient is itself a convolution, of dy with the filter turned by 180° and its channels swapped. */
function byConvolution(
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  backend: WasmBackend,
  geometry: Geometry,
): tf.TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels } = geometry;
  const turned = backend.makeOutput([filterHeight, filterWidth, outChannels, inChannels], 'float32');
  writeTurned(backend.typedArrayFromHeap(filter), backend.typedArrayFromHeap(turned), geometry);
  const { top, left } = geometry.padInfo;
  const above = geometry.filterHeight - 1 - top;
  const before = geometry.filterWidth - 1 - left;
  const below = geometry.inHeight - geometry.outHeight + geometry.filterHeight - 1 - above;
  const after = geometry.inWidth - geometry.outWidth + geometry.filterWidth - 1 - before;
  const pad = [
    [0, 0],
    [above, below],
    [before, after],
    [0, 0],
  ];
  const gradient = callWasmKernel(tf.Conv2D, { x: dy, filter: turned }, backend, {
    strides: [1, 1],
    pad,
    dataFormat: 'NHWC',
    dilations: [1, 1],
    dimRoundingMode: undefined,
  });
  backend.disposeData(turned.dataId);
  return gradient;
}

function writeTurned(filter: Float32Array, turned: Float32Array, g: Geometry): void {
  const positions = g.filterHeight * g.filterWidth;
  let from = 0;
  for (let position = positions - 1; position >= 0; position--) {
    const start = position * g.outChannels * g.inChannels;
    for (let c = 0; c < g.inChannels; c++) {
      for (let o = 0, to = start + c; o < g.outChannels; o++, to += g.inChannels) turned[to] = filter[from++];
    }
  }
}

function byScattering(
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  backend: WasmBackend,
  geometry: Geometry,
): tf.TensorInfo {
  const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } = geometry;
  const rows = reshaped(dy, [batchSize * outHeight * outWidth, outChannels], backend);
  const flat = reshaped(filter, [filterHeight * filterWidth * inChannels, outChannels], backend);
  const columns = callWasmKernel(tf.BatchMatMul, { a: rows, b: flat }, backend, { transposeB: true });
  const gradient = backend.makeOutput(geometry.inShape as number[], 'float32');
  addColumns(backend.typedArrayFromHeap(columns), backend.typedArrayFromHeap(gradient), geometry);
  for (const info of [rows, flat, columns]) backend.disposeData(info.dataId);
  return gradient;
}

function geometryOf(
  inputShape: readonly number[],
  filterShape: [number, number, number, number],
  attrs: Readonly<Record<string, unknown>>,
): Geometry {
  return tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape,
    attrs.strides as [number, number],
    1,
    attrs.pad as 'same',
    attrs.dimRoundingMode as undefined,
  );
}

function writeTransposedColumns(x: Float32Array, columns: Float32Array, g: Geometry): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth } = g;
  let at = 0;
  for (let ky = 0; ky < g.filterHeight; ky++) {
    for (let kx = 0; kx < g.filterWidth; kx++) {
      const shift = kx - g.padInfo.left;
      const firstInside = Math.min(outWidth, Math.max(0, Math.ceil(-shift / strideWidth)));
      const pastInside = Math.max(
        firstInside,
        Math.min(outWidth, Math.floor((inWidth - 1 - shift) / strideWidth) + 1),
      );
      const step = strideWidth * inChannels;
      for (let channel = 0; channel < inChannels; channel++) {
        for (let image = 0; image < g.batchSize; image++) {
          for (let outY = 0; outY < outHeight; outY++) {
            const y = outY * strideHeight + ky - g.padInfo.top;
            if (y < 0 || y >= inHeight) {
              columns.fill(0, at, at + outWidth);
              at += outWidth;
              continue;
            }
            for (let outX = 0; outX < firstInside; outX++) columns[at++] = 0;
            let from =
              ((image * inHeight + y) * inWidth + firstInside * strideWidth + shift) * inChannels + channel;
            for (let outX = firstInside; outX < pastInside; outX++, from += step) columns[at++] = x[from];
            for (let outX = pastInside; outX < outWidth; outX++) columns[at++] = 0;
          }
        }
      }
    }
  }
}

function keepsSize(g: Geometry): boolean {
  return (
    g.strideHeight === 1 && g.strideWidth === 1 && g.outHeight === g.inHeight && g.outWidth === g.inWidth
  );
}

/**
 * The same columns where output and input have one size: column (ky, kx, channel) is then the channel's plane, over
 * all images, moved as a whole; what was moved across an edge of an image is set to zero.
 */
function writeShiftedPlanes(planes: Float32Array, columns: Float32Array, g: Geometry): void {
  const { batchSize, inChannels, inHeight, inWidth } = g;
  const length = batchSize * inHeight * inWidth;
  let start = 0;
  for (let ky = 0; ky < g.filterHeight; ky++) {
    for (let kx = 0; kx < g.filterWidth; kx++) {
      const [down, right] = [ky - g.padInfo.top, kx - g.padInfo.left];
      const shift = down * inWidth + right;
      const [from, past] = [Math.max(0, shift), length + Math.min(0, shift)];
      const firstRow = Math.min(inHeight, Math.max(0, -down));
      const pastRow = Math.max(firstRow, Math.min(inHeight, inHeight - down));
      const firstColumn = Math.min(inWidth, Math.max(0, -right));
      const pastColumn = Math.max(firstColumn, Math.min(inWidth, inWidth - right));
      for (let channel = 0; channel < inChannels; channel++, start += length) {
        if (past > from)
          columns.set(
            planes.subarray(channel * length + from, channel * length + past),
            start + from - shift,
          );
        for (let image = 0, at = start; image < batchSize; image++, at += inHeight * inWidth) {
          columns.fill(0, at, at + firstRow * inWidth);
          columns.fill(0, at + pastRow * inWidth, at + inHeight * inWidth);
          for (let row = at + firstRow * inWidth; row < at + pastRow * inWidth; row += inWidth) {
            for (let x = 0; x < firstColumn; x++) columns[row + x] = 0;
            for (let x = pastColumn; x < inWidth; x++) columns[row + x] = 0;
          }
        }
      }
    }
  }
}

function addColumns(columns: Float32Array, gradient: Float32Array, g: Geometry): void {
  gradient.fill(0);
  let at = 0;
  for (let image = 0; image < g.batchSize; image++) {
    for (let outY = 0; outY < g.outHeight; outY++) {
      for (let outX = 0; outX < g.outWidth; outX++) {
        for (let ky = 0; ky < g.filterHeight; ky++) {
          const y = outY * g.strideHeight + ky - g.padInfo.top;
          for (let kx = 0; kx < g.filterWidth; kx++, at += g.inChannels) {
            const x = outX * g.strideWidth + kx - g.padInfo.left;
            if (y < 0 || y >= g.inHeight || x < 0 || x >= g.inWidth) continue;
            const to = ((image * g.inHeight + y) * g.inWidth + x) * g.inChannels;
            for (let channel = 0; channel < g.inChannels; channel++)
              gradient[to + channel] += columns[at + channel];
          }
        }
      }
    }
  }
}
