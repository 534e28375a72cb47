import type { WasmKernel } from './wasm-backend.js';

export const BATCH_NORMALIZATION = 'KitBatchNormalization';
export const BATCH_NORMALIZATION_GRADIENT = 'KitBatchNormalizationGradient';

/** x [..., c] normalised by the statistics of the batch; also returns mean and variance, each [c]. */
export const batchNormalizationKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const channels = inputs.scale.shape[0];
  const outputs = [
    backend.makeOutput(inputs.x.shape, 'float32'),
    backend.makeOutput([channels], 'float32'),
    backend.makeOutput([channels], 'float32'),
  ];
  const [y, mean, variance] = outputs.map((info) => backend.typedArrayFromHeap(info));
  const x = backend.typedArrayFromHeap(inputs.x);
  const scale = backend.typedArrayFromHeap(inputs.scale);
  const offset = backend.typedArrayFromHeap(inputs.offset);
  const rows = x.length / channels;

  const sums = new Float64Array(channels);
  for (let at = 0; at < x.length; ) for (let c = 0; c < channels; c++, at++) sums[c] += x[at];
  for (let c = 0; c < channels; c++) mean[c] = sums[c] / rows;
  sums.fill(0);
  for (let at = 0; at < x.length; ) {
    for (let c = 0; c < channels; c++, at++) {
      const centred = x[at] - mean[c];
      sums[c] += centred * centred;
    }
  }
  for (let c = 0; c < channels; c++) variance[c] = sums[c] / rows;

  const factor = Float64Array.from(variance, (v, c) => scale[c] / Math.sqrt(v + (attrs.epsilon as number)));
  const shift = Float64Array.from(factor, (f, c) => offset[c] - mean[c] * f);
  for (let at = 0; at < x.length; )
    for (let c = 0; c < channels; c++, at++) y[at] = x[at] * factor[c] + shift[c];
  return outputs;
};

/** Gradients to x, scale and offset, through the batch statistics (Ioffe & Szegedy 2015, section 3). */
export const batchNormalizationGradientKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const channels = inputs.scale.shape[0];
  const outputs = [
    backend.makeOutput(inputs.x.shape, 'float32'),
    backend.makeOutput([channels], 'float32'),
    backend.makeOutput([channels], 'float32'),
  ];
  const [toX, toScale, toOffset] = outputs.map((info) => backend.typedArrayFromHeap(info));
  const [dy, x, scale, mean, variance] = [
    inputs.dy,
    inputs.x,
    inputs.scale,
    inputs.mean,
    inputs.variance,
  ].map((info) => backend.typedArrayFromHeap(info));
  const rows = x.length / channels;
  const inverse = Float64Array.from(variance, (v) => 1 / Math.sqrt(v + (attrs.epsilon as number)));
  const sumDy = new Float64Array(channels);
  const sumDyX = new Float64Array(channels);
  for (let at = 0; at < x.length; ) {
    for (let c = 0; c < channels; c++, at++) {
      sumDy[c] += dy[at];
      sumDyX[c] += dy[at] * (x[at] - mean[c]);
    }
  }
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
    for (let c = 0; c < channels; c++, at++)
      toX[at] = dyFactor[c] * dy[at] + xFactor[c] * x[at] + constant[c];
  }
  return outputs;
};
