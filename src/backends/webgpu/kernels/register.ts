import * as tf from '@tensorflow/tfjs';
import {
  CONVOLUTION,
  CONVOLUTION_FILTER_GRADIENT,
  CONVOLUTION_INPUT_GRADIENT,
  conv2DBackpropFilterKernel,
  conv2DBackpropInputKernel,
  conv2DKernel,
  convolutionFilterGradientKernel,
  convolutionInputGradientKernel,
  convolutionKernel,
} from './convolution.js';
import { localResponseNormalizationGradientKernel } from './local-response-normalization.js';
import { matMulKernel } from './mat-mul.js';
import { maxPoolGradKernel } from './max-pool.js';
import { PICTURES_FROM_BYTES, picturesFromBytesKernel } from './pictures-from-bytes.js';

/** Puts in the kernels that tfjs-backend-webgpu 4.22.0 lacks or has too slowly to train with. After its import. */
export function registerWebgpuKernels(): void {
  register(CONVOLUTION, convolutionKernel);
  register(CONVOLUTION_INPUT_GRADIENT, convolutionInputGradientKernel);
  register(CONVOLUTION_FILTER_GRADIENT, convolutionFilterGradientKernel);
  register(PICTURES_FROM_BYTES, picturesFromBytesKernel);
  replace(tf.Conv2D, conv2DKernel);
  replace(tf.Conv2DBackpropInput, conv2DBackpropInputKernel);
  replace(tf.Conv2DBackpropFilter, conv2DBackpropFilterKernel);
  replace(tf.BatchMatMul, matMulKernel);
  replace(tf.LRNGrad, () => localResponseNormalizationGradientKernel);
  replace(tf.MaxPoolGrad, () => maxPoolGradKernel);
}

function register(kernelName: string, kernel: unknown): void {
  tf.registerKernel({ kernelName, backendName: 'webgpu', kernelFunc: kernel as tf.KernelFunc });
}

function replace(kernelName: string, kernel: (shipped: tf.KernelFunc) => unknown): void {
  const { kernelFunc } = tf.getKernel(kernelName, 'webgpu');
  tf.unregisterKernel(kernelName, 'webgpu');
  register(kernelName, kernel(kernelFunc));
}
