import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { patchProduct } from './patch-product.js';
import { patchSums } from './patch-sums.js';
import { type ConvolutionAttributes, convolutionGeometry, gradientWindows, windowsOf } from './windows.js';

/** Names under which tfjs runs them. */
export const CONVOLUTION = 'KitConvolution';
export const CONVOLUTION_INPUT_GRADIENT = 'KitConvolutionInputGradient';
export const CONVOLUTION_FILTER_GRADIENT = 'KitConvolutionFilterGradient';

type Kernel<Attributes> = (args: {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly backend: WebGPUBackend;
  readonly attrs: Attributes;
}) => tf.TensorInfo | tf.TensorInfo[];

type Geometry = ReturnType<typeof convolutionGeometry>;

/** Whether the kernels here take a convolution of this geometry. */
export function isSupported(g: Geometry): boolean {
  return (
    g.dataFormat === 'channelsLast' &&
    g.dilationHeight === 1 &&
    g.dilationWidth === 1 &&
    g.outChannels % 4 === 0 &&
    g.batchSize * g.outHeight * g.outWidth > 0
  );
}

/** The gradient with respect to the input is itself a convolution at stride 1 only. */
export function isInputGradientSupported(g: Geometry): boolean {
  return isSupported(g) && g.strideHeight === 1 && g.strideWidth === 1 && g.inChannels % 4 === 0;
}

/** {x, filter, bias} → ReLU(x ∗ filter + bias). */
export const convolutionKernel: Kernel<ConvolutionAttributes> = ({ inputs, backend, attrs }) => {
  const { x, filter, bias } = inputs;
  return convolve(backend, x, filter, convolutionGeometry(x.shape, filter.shape, attrs), bias);
};

/** {dy, y, filter} → gradient with respect to x; dy counts where y > 0. */
export const convolutionInputGradientKernel: Kernel<
  ConvolutionAttributes & { readonly inputShape: number[] }
> = ({ inputs, backend, attrs }) => {
  const { dy, y, filter } = inputs;
  return inputGradient(backend, dy, y, filter, convolutionGeometry(attrs.inputShape, filter.shape, attrs));
};

/** {x, dy, y} → gradients with respect to filter and bias; dy counts where y > 0. */
export const convolutionFilterGradientKernel: Kernel<
  ConvolutionAttributes & { readonly filterShape: number[] }
> = ({ inputs, backend, attrs }) => {
  const { x, dy, y } = inputs;
  const g = convolutionGeometry(x.shape, attrs.filterShape, attrs);
  const { sums, totals } = patchSums(backend, {
    image: x,
    windows: windowsOf(g),
    weights: dy,
    mask: y,
    columns: g.outChannels,
    withTotals: true,
    name: 'KitConvolutionFilterGradient',
  });
  return [
    { ...sums, shape: attrs.filterShape },
    { ...(totals as tf.TensorInfo), shape: [g.outChannels] },
  ];
};

/** tfjs's own convolution. */
export const conv2DKernel =
  (shipped: tf.KernelFunc): Kernel<ConvolutionAttributes> =>
  ({ inputs, backend, attrs }) => {
    const { x, filter } = inputs;
    const g = convolutionGeometry(x.shape, filter.shape, attrs);
    if (!isSupported(g)) return shipped({ inputs: { x, filter }, backend, attrs: attrs as never });
    return convolve(backend, x, filter, g);
  };

export const conv2DBackpropInputKernel =
  (shipped: tf.KernelFunc): Kernel<ConvolutionAttributes & { readonly inputShape: number[] }> =>
  ({ inputs, backend, attrs }) => {
    const { dy, filter } = inputs;
    const g = convolutionGeometry(attrs.inputShape, filter.shape, attrs);
    if (!isInputGradientSupported(g))
      return shipped({ inputs: { dy, filter }, backend, attrs: attrs as never });
    return inputGradient(backend, dy, undefined, filter, g);
  };

export const conv2DBackpropFilterKernel =
  (shipped: tf.KernelFunc): Kernel<ConvolutionAttributes & { readonly filterShape: number[] }> =>
  ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs;
    const g = convolutionGeometry(x.shape, attrs.filterShape, attrs);
    if (!isSupported(g)) return shipped({ inputs: { x, dy }, backend, attrs: attrs as never });
    const { sums } = patchSums(backend, {
      image: x,
      windows: windowsOf(g),
      weights: dy,
      columns: g.outChannels,
      withTotals: false,
      name: 'KitConvolutionFilterGradient',
    });
    return { ...sums, shape: attrs.filterShape };
  };

function convolve(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  g: Geometry,
  bias?: tf.TensorInfo,
): tf.TensorInfo {
  const y = patchProduct(backend, {
    image: x,
    windows: windowsOf(g),
    filter,
    order: 'plain',
    columns: g.outChannels,
    bias,
    relu: bias !== undefined,
    name: 'KitConvolution',
  });
  return { ...y, shape: [...g.outShape] };
}

function inputGradient(
  backend: WebGPUBackend,
  dy: tf.TensorInfo,
  y: tf.TensorInfo | undefined,
  filter: tf.TensorInfo,
  g: Geometry,
): tf.TensorInfo {
  const dx = patchProduct(backend, {
    image: dy,
    mask: y,
    windows: gradientWindows(g),
    filter,
    order: 'turned',
    columns: g.inChannels,
    relu: false,
    name: 'KitConvolutionInputGradient',
  });
  return { ...dx, shape: [...g.inShape] };
}
