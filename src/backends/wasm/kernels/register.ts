import * as tf from '@tensorflow/tfjs';
import type { HostProduct } from '../../onnxruntime/host-product.js';
import { SQUARED_DISTANCES, SQUARED_DISTANCES_GRADIENT } from '../../squared-distances.js';
import { conv2DBackpropFilterKernel, conv2DBackpropInputKernel } from './conv2d-backprop.js';
import { gatherKernel } from './gather.js';
import { hostConv2DKernel } from './host-conv2d.js';
import { hostMatMulKernel } from './host-mat-mul.js';
import { identityKernel } from './identity.js';
import { matMulKernel } from './mat-mul.js';
import { maxPoolGradKernel } from './max-pool-grad.js';
import {
  NORMALIZED_POOLING,
  NORMALIZED_POOLING_GRADIENT,
  normalizedPoolingGradientKernel,
  normalizedPoolingKernel,
} from './normalized-pooling.js';
import { squaredDistancesGradientKernel, squaredDistancesKernel } from './squared-distances.js';
import { unsortedSegmentSumKernel } from './unsorted-segment-sum.js';
import { registerWasmKernel } from './wasm-backend.js';

/**
 * Puts in the kernels that training needs and that tfjs-backend-wasm 4.22.0 lacks, has slowly, or has wrong. Before
 * `setBackend`.
 *
 * @param multiply where there is one, takes the large matrix products, and with them the convolutions
 */
export function registerTrainingKernels(multiply?: HostProduct): void {
  const matMul = matMulKernel(tf.getKernel(tf.BatchMatMul, 'wasm').kernelFunc);
  registerWasmKernel(tf.BatchMatMul, multiply === undefined ? matMul : hostMatMulKernel(multiply, matMul));
  if (multiply !== undefined)
    registerWasmKernel(tf.Conv2D, hostConv2DKernel(tf.getKernel(tf.Conv2D, 'wasm').kernelFunc));
  registerWasmKernel(tf.Identity, identityKernel);
  registerWasmKernel(tf.Conv2DBackpropFilter, conv2DBackpropFilterKernel);
  registerWasmKernel(tf.Conv2DBackpropInput, conv2DBackpropInputKernel);
  registerWasmKernel(tf.MaxPoolGrad, maxPoolGradKernel);
  registerWasmKernel(tf.GatherV2, gatherKernel(tf.getKernel(tf.GatherV2, 'wasm').kernelFunc));
  registerWasmKernel(tf.UnsortedSegmentSum, unsortedSegmentSumKernel);
  registerWasmKernel(NORMALIZED_POOLING, normalizedPoolingKernel);
  registerWasmKernel(NORMALIZED_POOLING_GRADIENT, normalizedPoolingGradientKernel);
  registerWasmKernel(SQUARED_DISTANCES, squaredDistancesKernel);
  registerWasmKernel(SQUARED_DISTANCES_GRADIENT, squaredDistancesGradientKernel);
}
