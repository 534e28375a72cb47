import * as tf from '@tensorflow/tfjs';
import { allOrNothing } from '../backends/all-or-nothing.js';
import { normalizedPooling } from '../backends/normalized-pooling.js';
import { overwrite } from '../backends/overwrite.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Model, Parameter } from './model.js';
import { onSphere } from './sphere.js';

export interface SmallConvnetOptions {
  /** Side of the square RGB input in pixels; a multiple of 2 to the number of blocks. */
  readonly size: number;
  /** Filters of each 3×3 block; every block halves the picture. */
  readonly channels: readonly number[];
  /** Default 64. */
  readonly embeddingDimension: number;
  /** Radius of the sphere that embeddings are put on; null leaves them as they are. */
  readonly radius: number | null;
  readonly random: SeededRandom;
}

const MOVING_AVERAGE_MOMENTUM = 0.9;
const EPSILON = 1e-3;

/**
 * Blocks of 3×3 convolution, batch normalisation, 2×2 max pooling and ReLU (which commutes with the pooling), then one linear layer on the
 * flattened last block. Input [n, size, size, 3], output [n, embeddingDimension].
 *
 * Filters start from He's normal initialisation (He et al. 2015), the linear layer from 1/√fan-in.
 */
export function smallConvnet(options: SmallConvnetOptions): Model {
  return allOrNothing(() => convnetOf(options));
}

function convnetOf(options: SmallConvnetOptions): Model {
  const { channels, embeddingDimension, radius, random, size } = options;
  const parameters: Parameter[] = [];
  const statistics: tf.Variable[] = [];

  function parameter(name: string, shape: number[], value: (random: SeededRandom) => number): tf.Variable {
    const stream = random.fork(name);
    const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => value(stream));
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    parameters.push({ name, variable, learningRateFactor: 1 });
    return variable;
  }

  const blocks = channels.map((filters, i) => {
    const fanIn = 9 * (channels[i - 1] ?? 3);
    const block = {
      filter: parameter(
        `block${i + 1}/filter`,
        [3, 3, fanIn / 9, filters],
        (r) => r.normal() * Math.sqrt(2 / fanIn),
      ),
      scale: parameter(`block${i + 1}/scale`, [filters], () => 1),
      offset: parameter(`block${i + 1}/offset`, [filters], () => 0),
      movingMean: tf.tidy(() => tf.variable(tf.zeros([filters]), false)),
      movingVariance: tf.tidy(() => tf.variable(tf.ones([filters]), false)),
    };
    statistics.push(block.movingMean, block.movingVariance);
    return block;
  });
  const flat = (size / 2 ** channels.length) ** 2 * channels[channels.length - 1];
  const weights = parameter(
    'embedding/weights',
    [flat, embeddingDimension],
    (r) => r.normal() / Math.sqrt(flat),
  );

  function pooled(x: tf.Tensor4D, block: (typeof blocks)[number], training: boolean): tf.Tensor4D {
    if (training) {
      const batch = normalizedPooling(x, block.scale, block.offset, EPSILON);
      follow(block.movingMean, batch.mean);
      follow(block.movingVariance, batch.variance);
      return batch.y;
    }
    const normalized = tf.batchNorm(
      x,
      block.movingMean as tf.Tensor1D,
      block.movingVariance as tf.Tensor1D,
      block.offset as tf.Tensor1D,
      block.scale as tf.Tensor1D,
      EPSILON,
    );
    return tf.relu(tf.maxPool(normalized, 2, 2, 'valid'));
  }

  return {
    parameters,
    statistics,
    embed: (inputs, training) =>
      tf.tidy(() => {
        let x = inputs as tf.Tensor4D;
        for (const block of blocks) {
          x = pooled(tf.conv2d(x, block.filter as tf.Tensor4D, 1, 'same'), block, training !== null);
        }
        const embeddings = tf.matMul(
          x.reshape<tf.Tensor2D>([x.shape[0], flat]),
          weights as tf.Tensor2D,
        ) as tf.Tensor2D;
        return radius === null ? embeddings : onSphere(embeddings, radius);
      }),
    dispose: () => {
      tf.dispose([...parameters.map(({ variable }) => variable), ...statistics]);
    },
  };
}

function follow(movingAverage: tf.Variable, value: tf.Tensor): void {
  overwrite(
    movingAverage,
    movingAverage.mul(MOVING_AVERAGE_MOMENTUM).add(value.mul(1 - MOVING_AVERAGE_MOMENTUM)),
  );
}
