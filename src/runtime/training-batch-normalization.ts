import * as tf from '@tensorflow/tfjs';
import { BATCH_NORMALIZATION, BATCH_NORMALIZATION_GRADIENT } from './wasm-kernels/batch-normalization.js';

export interface BatchNormalized {
  readonly y: tf.Tensor;
  /** Of the batch, [c]. */
  readonly mean: Float32Array;
  /** Of the batch, biased, [c]. */
  readonly variance: Float32Array;
}

/**
 * Batch normalisation with the statistics of the batch, differentiable in x, scale and offset
 * (Ioffe & Szegedy 2015). One kernel each way on wasm, ordinary operations elsewhere.
 *
 * @param x [..., c]
 * @param scale [c]
 * @param offset [c]
 */
export function trainingBatchNormalization(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  epsilon: number,
): BatchNormalized {
  let statistics: Pick<BatchNormalized, 'mean' | 'variance'> | undefined;
  const normalize = tf.customGrad((...args) => {
    const [input, gamma, beta, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [value, mean, variance] = forward(input, gamma, beta, epsilon);
    statistics = { mean: mean.dataSync<'float32'>(), variance: variance.dataSync<'float32'>() };
    save([input, gamma, mean, variance]);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved, epsilon) };
  });
  const y = normalize(x, scale, offset);
  return { y, ...(statistics as Pick<BatchNormalized, 'mean' | 'variance'>) };
}

function forward(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: number): tf.Tensor[] {
  if (tf.getBackend() === 'wasm') {
    return tf
      .engine()
      .runKernel(BATCH_NORMALIZATION, { x, scale, offset }, { epsilon }) as unknown as tf.Tensor[];
  }
  const { mean, variance } = tf.moments(x, [...x.shape.keys()].slice(0, -1));
  return [x.sub(mean).mul(variance.add(epsilon).rsqrt().mul(scale)).add(offset), mean, variance];
}

function backward(dy: tf.Tensor, [x, scale, mean, variance]: tf.Tensor[], epsilon: number): tf.Tensor[] {
  if (tf.getBackend() === 'wasm') {
    const inputs = { dy, x, scale, mean, variance };
    return tf.engine().runKernel(BATCH_NORMALIZATION_GRADIENT, inputs, { epsilon }) as unknown as tf.Tensor[];
  }
  const axes = [...x.shape.keys()].slice(0, -1);
  const inverse = variance.add(epsilon).rsqrt();
  const normalized = x.sub(mean).mul(inverse);
  const toX = dy
    .sub(dy.mean(axes))
    .sub(normalized.mul(dy.mul(normalized).mean(axes)))
    .mul(scale.mul(inverse));
  return [toX, dy.mul(normalized).sum(axes), dy.sum(axes)];
}
