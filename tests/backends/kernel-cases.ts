import * as tf from '@tensorflow/tfjs';
import { normalizedPooling } from '../../src/backends/normalized-pooling.js';
import { ofSquaredDistances } from '../../src/losses/pairwise-distances.js';
import { SeededRandom } from '../../src/seeded-random.js';

function filled(shape: number[], seed: string, shift = 0): tf.Tensor {
  const random = new SeededRandom(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal() + shift),
    shape,
  );
}

interface Case {
  readonly name: string;
  readonly inputs: readonly tf.Tensor[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
}

/** Rows, and the derivative of a function to each of their squared distances, [n, n]. */
function distanceCases(): Record<string, { rows: tf.Tensor2D; slopes: tf.Tensor2D }> {
  const slopesOf = (slope: (i: number, j: number) => number) =>
    tf.tensor2d(Array.from({ length: 20 }, (_, i) => Array.from({ length: 20 }, (_, j) => slope(i, j))));
  const everyPair = slopesOf((i, j) => Math.sin(7 * i + j));
  const onePair = slopesOf((i, j) => (i === 2 && j === 12 ? 1.5 : 0));
  const scattered = filled([20, 6], 'rows') as tf.Tensor2D;
  const half = scattered.slice([0, 0], [10, 6]);
  const twins = tf.concat2d([half, half.add(0.01)], 0);
  return {
    'of scattered rows': { rows: scattered, slopes: everyPair },
    'of which one counts': { rows: scattered, slopes: onePair },
    'between close rows, most of all': {
      rows: twins,
      slopes: slopesOf((i, j) => (j === i + 10 ? 500 : Math.sin(7 * i + j))),
    },
    'between close rows, of which one counts': { rows: twins, slopes: onePair },
    'between equal rows': { rows: tf.concat2d([half, half], 0), slopes: everyPair },
  };
}

/** What training uses, each with inputs that are the same on every backend; TensorFlow knows no explicit borders. */
export function kernelCases(backend: string): Case[] {
  const convolutions = [
    { size: 3, stride: 1, pad: 'same' },
    { size: 3, stride: 2, pad: 'same' },
    { size: 7, stride: 2, pad: 'same' },
    { size: 1, stride: 1, pad: 'same' },
    { size: 5, stride: 1, pad: 'same' },
    { size: 3, stride: 1, pad: 'valid' },
    { size: 3, stride: 2, pad: 'valid' },
    { size: 2, stride: 1, pad: 'same' },
  ] as const;
  const image = filled([2, 11, 9, 3], 'image');
  return [
    ...convolutions.map(({ size, stride, pad }) => ({
      name: `convolution ${size}×${size}, stride ${stride}, ${pad}`,
      inputs: [image, filled([size, size, 3, 4], 'filter')],
      run: (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad),
    })),
    ...(
      [
        [2, 2, 'valid'],
        [3, 2, 'same'],
        [
          3,
          2,
          [
            [0, 0],
            [0, 1],
            [0, 1],
            [0, 0],
          ],
        ],
        [3, 1, 'same'],
      ] as const
    )
      .filter(([, , pad]) => typeof pad === 'string' || backend !== 'tensorflow-cpu')
      .flatMap(([size, stride, pad]) =>
        [0, -10].map((shift) => ({
          name: `max pooling ${size}×${size}, stride ${stride}, ${JSON.stringify(pad)}, values around ${shift}`,
          inputs: [filled([2, 8, 7, 3], 'pool', shift)],
          run: (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, size, stride, pad as 'same'),
        })),
      ),
    ...[1, 3, 5].map((size) => ({
      name: `convolution ${size}×${size} to 36 filters`,
      inputs: [filled([2, 7, 9, 5], 'features'), filled([size, size, 5, 36], 'filters')],
      run: (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
    })),
    {
      name: 'average pooling',
      inputs: [image],
      // The cpu backend's gradient counts the border of `same`, which its value rightly does not.
      run: (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, backend === 'tensorflow-cpu' ? 'valid' : 'same'),
    },
    ...[0, -3].map((shift) => ({
      name: `batch normalisation, pooling and ReLU, odd sides, offsets around ${shift}`,
      inputs: [image, filled([3], 'scale'), filled([3], 'offset', shift)],
      run: (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
        normalizedPooling(x as tf.Tensor4D, scale, offset, 1e-3).y,
    })),
    {
      name: 'local response normalisation',
      inputs: [filled([2, 5, 5, 8], 'lrn')],
      run: (x) => tf.localResponseNormalization(x as tf.Tensor4D, 2, 1, 1e-2, 0.75),
    },
    {
      name: 'gather',
      inputs: [filled([5, 4], 'gather')],
      run: (x) => tf.gather(x, tf.tensor1d([3, 0, 3, 3], 'int32')),
    },
    ...[
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ].flatMap(([first, second]) =>
      [
        [5, 6, 4],
        [40, 50, 60],
      ].map(([rows, inner, columns]) => ({
        name: `matrix product, ${rows} rows, ${first ? 'transposed' : 'plain'} × ${second ? 'transposed' : 'plain'}`,
        inputs: [
          filled(first ? [inner, rows] : [rows, inner], 'left'),
          filled(second ? [columns, inner] : [inner, columns], 'right'),
        ],
        run: (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, first, second),
      })),
    ),
    {
      name: 'batched matrix product, transposed',
      inputs: [filled([3, 6, 5], 'left'), filled([3, 6, 4], 'right')],
      run: (a, b) => tf.matMul(a, b, true, false),
    },
    { name: 'relu', inputs: [image], run: (x) => tf.relu(x) },
    { name: 'relu6', inputs: [filled([4, 6], 'relu6', 4)], run: (x) => tf.relu6(x) },
    { name: 'absolute value', inputs: [image], run: (x) => tf.abs(x) },
    { name: 'step from -0.5', inputs: [image], run: (x) => tf.step(x, -0.5).mul(x) },
    ...[undefined, 0, [1, 2], -1].flatMap((axis) => [
      { name: `sum over ${axis ?? 'all'}`, inputs: [image], run: (x: tf.Tensor) => tf.sum(x, axis) },
      {
        name: `mean over ${axis ?? 'all'}, kept`,
        inputs: [image],
        run: (x: tf.Tensor) => tf.mean(x, axis, true),
      },
    ]),
    {
      name: 'gradient of the gradient of relu',
      inputs: [image, filled([2, 11, 9, 3], 'direction')],
      run: (x, dy) => tf.grad((y) => tf.relu(y).square())(x, dy),
    },
    ...Object.entries(distanceCases()).map(([name, { rows, slopes }]) => ({
      name: `squared distances ${name}`,
      inputs: [rows],
      run: (x: tf.Tensor) =>
        ofSquaredDistances(x as tf.Tensor2D, (squared) => ({
          value: squared.mul(slopes).sum().asScalar(),
          slopes: slopes.clone(),
        })),
    })),
    { name: 'log-sum-exp', inputs: [filled([4, 6], 'exp')], run: (x) => tf.logSumExp(x, 1) },
    { name: 'maximum over an axis', inputs: [filled([4, 6], 'max')], run: (x) => tf.max(x, 1) },
  ];
}

/** Value and gradients of every case, on the backend that runs, as plain numbers by name. */
export function evaluateCases(cases: readonly Case[]): Record<string, number[][]> {
  return Object.fromEntries(
    cases.map(({ name, inputs, run }) => {
      const value = run(...inputs);
      const weights = filled(value.shape, 'weights');
      const gradients = tf.grads((...xs: tf.Tensor[]) =>
        run(...xs)
          .mul(weights)
          .sum()
          .asScalar(),
      )([...inputs]);
      return [name, [value, ...gradients].map((tensor) => Array.from(tensor.dataSync()))];
    }),
  );
}
