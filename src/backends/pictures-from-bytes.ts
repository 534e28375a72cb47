import * as tf from '@tensorflow/tfjs';
import { PICTURES_FROM_BYTES } from './webgpu/kernels/pictures-from-bytes.js';

/** Blue, green, red: of ImageNet, as Caffe's models subtract them. */
const MEANS = [104, 117, 123];

/** Four bytes a number, as they lie in memory: the form in which pictures are quickest to upload. */
export function packBytes(bytes: Uint8Array): Int32Array {
  const packed = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(packed.buffer).set(bytes);
  return packed;
}

/**
 * Pictures as Caffe's networks take them: blue, green, red, minus ImageNet's means.
 *
 * @param packed int32 [⌈n·height·width·3 / 4⌉], red, green, blue a byte each, see `packBytes`
 * @returns [n, height, width, 3]
 */
export function picturesFromBytes(
  packed: tf.Tensor1D,
  shape: readonly [n: number, height: number, width: number, channels: 3],
): tf.Tensor4D {
  if (tf.getBackend() === 'webgpu') {
    const attributes = { shape: [...shape], means: MEANS };
    return tf
      .engine()
      .runKernel(
        PICTURES_FROM_BYTES,
        { packed },
        attributes as unknown as tf.NamedAttrMap,
      ) as unknown as tf.Tensor4D;
  }
  const bytes = new Uint8Array(packed.dataSync<'int32'>().slice().buffer);
  const values = new Float32Array(tf.util.sizeFromShape([...shape]));
  for (let i = 0; i < values.length; i += 3) {
    for (let c = 0; c < 3; c++) values[i + c] = bytes[i + 2 - c] - MEANS[c];
  }
  return tf.tensor4d(values, [...shape]);
}
