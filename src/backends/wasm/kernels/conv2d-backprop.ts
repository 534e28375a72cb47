import * as tf from '@tensorflow/tfjs';
import { columnsOf, type Geometry, geometryOf, isPointwise } from './convolution-columns.js';
import { callWasmKernel, reshaped, type WasmBackend, type WasmKernel } from './wasm-backend.js';

/** Gradient of a convolution's filter: the input's columns by dy. */
export const conv2DBackpropFilterKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const { x, dy } = inputs;
  const filterShape = attrs.filterShape as [number, number, number, number];
  const geometry = geometryOf(x.shape, filterShape, attrs);
  const { batchSize, outHeight, outWidth, outChannels } = geometry;
  const columns = columnsOf(x, geometry, backend);
  const rows = reshaped(dy, [batchSize * outHeight * outWidth, outChannels], backend);
  const gradient = callWasmKernel(tf.BatchMatMul, { a: columns.matrix, b: rows }, backend, {
    transposeA: columns.transposed,
  });
  for (const info of [columns.matrix, rows]) backend.disposeData(info.dataId);
  return { ...gradient, shape: filterShape };
};

/** Gradient of a convolution's input. */
export const conv2DBackpropInputKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const inputShape = attrs.inputShape as [number, number, number, number];
  const geometry = geometryOf(inputShape, inputs.filter.shape as [number, number, number, number], attrs);
  if (isPointwise(geometry)) return byProduct(inputs.dy, inputs.filter, backend, geometry);
  return geometry.strideHeight === 1 && geometry.strideWidth === 1
    ? byConvolution(inputs.dy, inputs.filter, backend, geometry)
    : byScattering(inputs.dy, inputs.filter, backend, geometry);
};

/** At 1×1 every position stands for itself. */
function byProduct(
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  backend: WasmBackend,
  { batchSize, outHeight, outWidth, outChannels, inChannels, inShape }: Geometry,
): tf.TensorInfo {
  const rows = reshaped(dy, [batchSize * outHeight * outWidth, outChannels], backend);
  const flat = reshaped(filter, [inChannels, outChannels], backend);
  const gradient = callWasmKernel(tf.BatchMatMul, { a: rows, b: flat }, backend, { transposeB: true });
  for (const info of [rows, flat]) backend.disposeData(info.dataId);
  return { ...gradient, shape: [...inShape] };
}

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
