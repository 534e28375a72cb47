import * as tf from '@tensorflow/tfjs';
import {
  BATCH_NORMALIZATION,
  BATCH_NORMALIZATION_GRADIENT,
  batchNormalizationGradientKernel,
  batchNormalizationKernel,
} from './batch-normalization.js';
import { conv2DBackpropFilterKernel, conv2DBackpropInputKernel } from './conv2d-backprop.js';
import { matMulKernel } from './mat-mul.js';
import { maxPoolGradKernel } from './max-pool-grad.js';
import { unsortedSegmentSumKernel } from './unsorted-segment-sum.js';
import { registerWasmKernel } from './wasm-backend.js';

/** Puts in the kernels that training needs and that tfjs-backend-wasm 4.22.0 lacks, has slowly, or has wrong. Before `setBackend`. */
export function registerTrainingKernels(): void {
  registerWasmKernel(tf.BatchMatMul, matMulKernel(tf.getKernel(tf.BatchMatMul, 'wasm').kernelFunc));
  registerWasmKernel(tf.Conv2DBackpropFilter, conv2DBackpropFilterKernel);
  registerWasmKernel(tf.Conv2DBackpropInput, conv2DBackpropInputKernel);
  registerWasmKernel(tf.MaxPoolGrad, maxPoolGradKernel);
  registerWasmKernel(tf.UnsortedSegmentSum, unsortedSegmentSumKernel);
  registerWasmKernel(BATCH_NORMALIZATION, batchNormalizationKernel);
  registerWasmKernel(BATCH_NORMALIZATION_GRADIENT, batchNormalizationGradientKernel);
}
