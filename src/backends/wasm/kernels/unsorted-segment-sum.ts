import type { WasmKernel } from './wasm-backend.js';

/** Sums rows of the same segment: the gradient of `gather`, which the wasm backend lacks. Axis 0 only, as tfjs asks for. */
export const unsortedSegmentSumKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const { x, segmentIds } = inputs;
  const segments = attrs.numSegments as number;
  const rowShape = x.shape.slice(segmentIds.shape.length);
  const rowLength = rowShape.reduce((product, size) => product * size, 1);
  const sums = backend.makeOutput([segments, ...rowShape], 'float32');
  const values = backend.typedArrayFromHeap(x);
  const ids = backend.typedArrayFromHeap(segmentIds);
  const out = backend.typedArrayFromHeap(sums);
  out.fill(0);
  for (let row = 0; row < ids.length; row++) {
    if (ids[row] < 0 || ids[row] >= segments) continue;
    const to = ids[row] * rowLength;
    for (let i = 0, from = row * rowLength; i < rowLength; i++, from++) out[to + i] += values[from];
  }
  return sums;
};
