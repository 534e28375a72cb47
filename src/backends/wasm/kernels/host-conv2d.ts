import * as tf from '@tensorflow/tfjs';
import { columnsOf, geometryOf, isPointwise, keepsSize } from './convolution-columns.js';
import { callWasmKernel, reshaped, type WasmKernel } from './wasm-backend.js';

/** With fewer filters, writing the columns costs more than the faster product saves. */
const FEWEST_FILTERS = 32;
const MOST_COLUMN_BYTES = 2 ** 27;

/** Convolution as a matrix product, where onnxruntime multiplies; others are `shipped`'s. */
export function hostConv2DKernel(shipped: tf.KernelFunc): WasmKernel {
  return (args) => {
    const { inputs, backend, attrs } = args;
    const { x, filter } = inputs;
    const geometry = geometryOf(x.shape, filter.shape as [number, number, number, number], attrs);
    const { batchSize, outHeight, outWidth, outChannels, outShape } = geometry;
    const inner = filter.shape[0] * filter.shape[1] * filter.shape[2];
    const positions = batchSize * outHeight * outWidth;
    const dilated = (attrs.dilations as number[] | undefined)?.some((dilation) => dilation !== 1);
    const small = outChannels < FEWEST_FILTERS || 4 * inner * positions > MOST_COLUMN_BYTES;
    if (dilated || !keepsSize(geometry) || (small && !isPointwise(geometry)))
      return shipped(args as unknown as Parameters<tf.KernelFunc>[0]) as tf.TensorInfo;
    const columns = columnsOf(x, geometry, backend);
    const flat = reshaped(filter, [inner, outChannels], backend);
    const y = callWasmKernel(tf.BatchMatMul, { a: columns.matrix, b: flat }, backend, {
      transposeA: !columns.transposed,
    });
    for (const info of [columns.matrix, flat]) backend.disposeData(info.dataId);
    return { ...y, shape: [...outShape] };
  };
}
