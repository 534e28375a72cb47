import * as tf from '@tensorflow/tfjs';
import { addDifferences, fillSquaredDistances, partSlopes } from '../../squared-distances.js';
import { callWasmKernel, type WasmKernel } from './wasm-backend.js';

export const squaredDistancesKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const n = inputs.x.shape[0];
  const outputs = [backend.makeOutput([n, n], 'float32'), backend.makeOutput([n], 'float32')];
  const [squared, lengths] = outputs.map((info) => backend.typedArrayFromHeap(info));
  const [x, products] = [inputs.x, inputs.products].map((info) => backend.typedArrayFromHeap(info));
  fillSquaredDistances({ x, products, close: attrs.close as number }, { squared, lengths });
  return outputs;
};

export const squaredDistancesGradientKernel: WasmKernel = ({ inputs, backend, attrs }) => {
  const [n, d] = inputs.x.shape;
  const laplacianInfo = backend.makeOutput([n, n], 'float32');
  const [slopes, squared, lengths] = [inputs.slopes, inputs.squared, inputs.lengths].map((info) =>
    backend.typedArrayFromHeap(info),
  );
  const { few, byDifference } = partSlopes(
    { slopes, squared, lengths, close: attrs.close as number },
    backend.typedArrayFromHeap(laplacianInfo),
  );
  const gradientInfo = few
    ? backend.makeOutput([n, d], 'float32')
    : callWasmKernel(tf.BatchMatMul, { a: laplacianInfo, b: inputs.x }, backend, {
        transposeA: false,
        transposeB: false,
      });
  backend.disposeData(laplacianInfo.dataId);
  const gradient = backend.typedArrayFromHeap(gradientInfo);
  if (few) gradient.fill(0);
  addDifferences(gradient, { x: backend.typedArrayFromHeap(inputs.x), byDifference, rows: n });
  return gradientInfo;
};
