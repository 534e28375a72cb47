import * as tf from '@tensorflow/tfjs';
import { conv2DBackpropFilterKernel, conv2DBackpropInputKernel } from './conv2d-backprop.js';
import { matMulKernel } from './mat-mul.js';
import { maxPoolGradKernel } from './max-pool-grad.js';
import {
  NORMALIZED_POOLING,
  NORMALIZED_POOLING_GRADIENT,
  normalizedPoolingGradientKernel,
  normalizedPoolingKernel,
} from './normalized-pooling.js';
import { unsortedSegmentSumKernel } from './unsorted-segment-sum.js';
import { registerWasmKernel } from './wasm-backend.js';

/** Puts in the kernels that training needs and that tfjs-backend-wasm 4.22.0 lacks, has slowly, or has wrong. Before `setBackend`. */
export function registerTrainingKernels(): void {
  registerWasmKernel(tf.BatchMatMul, matMulKernel(tf.getKernel(tf.BatchMatMul, 'wasm').kernelFunc));
  registerWasmKernel(tf.Conv2DBackpropFilter, conv2DBackpropFilterKernel);
  registerWasmKernel(tf.Conv2DBackpropInput, conv2DBackpropInputKernel);
  registerWasmKernel(tf.MaxPoolGrad, maxPoolGradKernel);
  registerWasmKernel(tf.UnsortedSegmentSum, unsortedSegmentSumKernel);
  registerWasmKernel(NORMALIZED_POOLING, normalizedPoolingKernel);
  registerWasmKernel(NORMALIZED_POOLING_GRADIENT, normalizedPoolingGradientKernel);
}
