import * as tf from '@tensorflow/tfjs';
import { callWasmKernel, reshaped, type WasmBackend } from './wasm-backend.js';

export type Geometry = tf.backend_util.Conv2DInfo;

/** Of a convolution that is not dilated, from a kernel's arguments. */
export function geometryOf(
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

/** 1×1 at stride 1: the input is its own columns. */
export function isPointwise(g: Geometry): boolean {
  return g.filterHeight === 1 && g.filterWidth === 1 && keepsSize(g);
}

export function keepsSize(g: Geometry): boolean {
  return (
    g.strideHeight === 1 && g.strideWidth === 1 && g.outHeight === g.inHeight && g.outWidth === g.inWidth
  );
}

/** What the filter meets: a matrix whose product with the flat filter is the convolution. */
export interface Columns {
  /** [kernel position × channel, output position], or its transpose. */
  readonly matrix: tf.TensorInfo;
  /** Whether `matrix` is [output position, kernel position × channel]. */
  readonly transposed: boolean;
}

/** The caller disposes the matrix. */
export function columnsOf(x: tf.TensorInfo, geometry: Geometry, backend: WasmBackend): Columns {
  const { batchSize, outHeight, outWidth, filterHeight, filterWidth, inChannels } = geometry;
  const positions = batchSize * outHeight * outWidth;
  if (isPointwise(geometry))
    return { matrix: reshaped(x, [positions, inChannels], backend), transposed: true };
  const matrix = backend.makeOutput([filterHeight * filterWidth * inChannels, positions], 'float32');
  if (keepsSize(geometry)) {
    const flat = reshaped(x, [positions, inChannels], backend);
    const planes = callWasmKernel(tf.Transpose, { x: flat }, backend, { perm: [1, 0] });
    writeShiftedPlanes(backend.typedArrayFromHeap(planes), backend.typedArrayFromHeap(matrix), geometry);
    for (const info of [flat, planes]) backend.disposeData(info.dataId);
  } else {
    writeTransposedColumns(backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(matrix), geometry);
  }
  return { matrix, transposed: false };
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
