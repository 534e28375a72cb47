import * as tf from '@tensorflow/tfjs';
import type { SeededRandom } from '../seeded-random.js';
import type { Model } from './model.js';
import { onSphere } from './sphere.js';

export interface EmbeddingHeadOptions {
  /** Dimension of the features that come in, 1,024 for GoogLeNet's pool5. */
  readonly inputDimension: number;
  /** The paper uses 512. */
  readonly embeddingDimension: number;
  /** Radius of the sphere that embeddings are put on; null leaves them as they are. */
  readonly radius: number | null;
  /** Share of input features dropped while training, 0 to 1. */
  readonly dropout: number;
  readonly random: SeededRandom;
}

/** One linear layer on frozen features: input [n, inputDimension], output [n, embeddingDimension]. */
export function embeddingHead(options: EmbeddingHeadOptions): Model {
  const { inputDimension, embeddingDimension, radius, dropout: share, random } = options;
  const stream = random.fork('embedding/weights');
  const values = Float32Array.from(
    { length: inputDimension * embeddingDimension },
    () => stream.normal() / Math.sqrt(inputDimension),
  );
  const weights = tf.tidy(() => tf.variable(tf.tensor2d(values, [inputDimension, embeddingDimension])));

  return {
    parameters: [{ name: 'embedding/weights', variable: weights, learningRateFactor: 1 }],
    statistics: [],
    masks: (n) => (share === 0 ? [] : [{ name: 'dropout', shape: [n, inputDimension], share }]),
    embed: (inputs, training) =>
      tf.tidy(() => {
        const mask = training?.[0];
        const seen = (mask === undefined ? inputs : inputs.mul(mask)) as tf.Tensor2D;
        const embeddings = tf.matMul(seen, weights as tf.Tensor2D) as tf.Tensor2D;
        return radius === null ? embeddings : onSphere(embeddings, radius);
      }),
    dispose: () => weights.dispose(),
  };
}
