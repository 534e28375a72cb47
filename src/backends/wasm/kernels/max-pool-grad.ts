import * as tf from '@tensorflow/tfjs';
import type { WasmKernel } from './wasm-backend.js';

/**
 * Gradient of max pooling: each window's gradient goes to its first maximum. The shipped kernel starts
 * its search at zero and so loses windows whose maximum is negative.
 */
export const maxPoolGradKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const { dy, input } = inputs;
  const g = tf.backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    attrs.filterSize as [number, number],
    attrs.strides as [number, number],
    1,
    attrs.pad as 'same',
    attrs.dimRoundingMode as undefined,
  );
  const gradient = backend.makeOutput(input.shape, 'float32');
  const x = backend.typedArrayFromHeap(input);
  const from = backend.typedArrayFromHeap(dy);
  const to = backend.typedArrayFromHeap(gradient);
  to.fill(0);
  const channels = g.inChannels;
  const rowLength = g.inWidth * channels;
  let at = 0;
  for (let image = 0; image < g.batchSize; image++) {
    for (let outY = 0; outY < g.outHeight; outY++) {
      const top = Math.max(0, outY * g.strideHeight - g.padInfo.top);
      const bottom = Math.min(g.inHeight, outY * g.strideHeight - g.padInfo.top + g.filterHeight);
      for (let outX = 0; outX < g.outWidth; outX++) {
        const left = Math.max(0, outX * g.strideWidth - g.padInfo.left);
        const right = Math.min(g.inWidth, outX * g.strideWidth - g.padInfo.left + g.filterWidth);
        const corner = (image * g.inHeight + top) * rowLength + left * channels;
        for (let channel = 0; channel < channels; channel++, at++) {
          let best = corner + channel;
          let largest = x[best];
          for (let y = top, row = corner + channel; y < bottom; y++, row += rowLength) {
            for (let column = left, here = row; column < right; column++, here += channels) {
              if (x[here] > largest) {
                largest = x[here];
                best = here;
              }
            }
          }
          to[best] += from[at];
        }
      }
    }
  }
  return gradient;
};
