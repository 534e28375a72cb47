import * as tf from '@tensorflow/tfjs';

/** Square windows over a picture, and how far they reach beyond its edges. */
export interface Border {
  readonly size: number;
  readonly stride: number;
  /** Above and below. */
  readonly rows: readonly [number, number];
  /** Left and right. */
  readonly columns: readonly [number, number];
}

type Padding = 'same' | 'valid' | tf.backend_util.ExplicitPadding;

/**
 * Applies a convolution or a pooling to pictures with a border around them. TensorFlow's native engine knows borders as
 * `same` and `valid` alone, and its gradients too: any other border is put around the input first. WebGPU knows them all.
 *
 * @param value of the border
 */
export function withBorder(
  x: tf.Tensor4D,
  { size, stride, rows, columns }: Border,
  value: number,
  apply: (input: tf.Tensor4D, padding: Padding) => tf.Tensor4D,
): tf.Tensor4D {
  const border: tf.backend_util.ExplicitPadding = [[0, 0], [...rows], [...columns], [0, 0]];
  if ([...rows, ...columns].every((width) => width === 0)) return apply(x, 'valid');
  if (tf.getBackend() === 'webgpu') return apply(x, border);
  const isSame = [rows, columns].every(([before, after], i) => {
    const length = x.shape[i + 1];
    const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + size - length);
    return before + after === total && before === Math.floor(total / 2);
  });
  return isSame ? apply(x, 'same') : apply(tf.pad(x, border, value), 'valid');
}
