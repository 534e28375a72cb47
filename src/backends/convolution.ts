import * as tf from '@tensorflow/tfjs';
import { withBorder } from './border.js';
import {
  CONVOLUTION,
  CONVOLUTION_FILTER_GRADIENT,
  CONVOLUTION_INPUT_GRADIENT,
  isInputGradientSupported,
  isSupported,
} from './webgpu/kernels/convolution.js';
import { type ConvolutionAttributes, convolutionGeometry } from './webgpu/kernels/windows.js';

export interface ConvolutionOptions {
  /** [n, height, width, channels]. */
  readonly x: tf.Tensor4D;
  /** [size, size, channels, filters]. */
  readonly filter: tf.Tensor4D;
  /** [filters]. */
  readonly bias: tf.Tensor1D;
  readonly stride: number;
  /** Rows and columns of zeros on every side of the pictures. */
  readonly padding: number;
}

/**
 * ReLU(x ∗ filter + bias), differentiable in all three. On WebGPU one kernel forward, and backward the ReLU's mask is applied
 * where the gradient is read; ordinary operations elsewhere.
 *
 * @returns [n, height', width', filters]
 */
export function convolution({ x, filter, bias, stride, padding }: ConvolutionOptions): tf.Tensor4D {
  const sides: [number, number] = [padding, padding];
  if (tf.getBackend() === 'webgpu') {
    const attributes: ConvolutionAttributes = {
      strides: [stride, stride],
      pad: [[0, 0], sides, sides, [0, 0]],
    };
    if (isSupported(convolutionGeometry(x.shape, filter.shape, attributes))) {
      registerGradient();
      return kernel(CONVOLUTION, { x, filter, bias }, attributes)[0] as tf.Tensor4D;
    }
  }
  const border = { size: filter.shape[0], stride, rows: sides, columns: sides };
  const y = withBorder(x, border, 0, (input, pad) => tf.conv2d(input, filter, stride, pad));
  return tf.relu(y.add<tf.Tensor4D>(bias));
}

function kernel(name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor[] {
  const results: tf.Tensor | tf.Tensor[] = tf
    .engine()
    .runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap);
  return Array.isArray(results) ? results : [results];
}

function registerGradient(): void {
  if (tf.getGradient(CONVOLUTION) !== undefined) return;
  tf.registerGradient({
    kernelName: CONVOLUTION,
    inputsToSave: ['x', 'filter'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, filter, y] = saved as tf.Tensor4D[];
      const attributes = attrs as unknown as ConvolutionAttributes;
      // One kernel gives both.
      const [filterGradient, biasGradient] = kernel(
        CONVOLUTION_FILTER_GRADIENT,
        { x, dy: dy as tf.Tensor, y },
        { ...attributes, filterShape: filter.shape },
      );
      return {
        x: () => inputGradient(x, filter, y, dy as tf.Tensor4D, attributes),
        filter: () => filterGradient,
        bias: () => biasGradient,
      };
    },
  });
}

function inputGradient(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  y: tf.Tensor4D,
  dy: tf.Tensor4D,
  attributes: ConvolutionAttributes,
): tf.Tensor {
  const inputShape = x.shape;
  if (isInputGradientSupported(convolutionGeometry(x.shape, filter.shape, attributes)))
    return kernel(CONVOLUTION_INPUT_GRADIENT, { dy, y, filter }, { ...attributes, inputShape })[0];
  const masked = dy.mul(y.step());
  return kernel(
    tf.Conv2DBackpropInput,
    { dy: masked, filter },
    { ...attributes, inputShape, dataFormat: 'NHWC' },
  )[0];
}
