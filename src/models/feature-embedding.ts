import * as tf from '@tensorflow/tfjs';
import type { SeededRandom } from '../seeded-random.js';
import { embeddingHead } from './embedding-head.js';
import type { Model } from './model.js';
import type { TensorNetwork } from './tensor-network.js';

export interface FeatureEmbeddingOptions {
  /** What turns inputs into features [n, d] and is trained too; null where the inputs are the features. */
  readonly trunk: TensorNetwork | null;
  /** The paper uses 512. */
  readonly embeddingDimension: number;
  readonly radius: number | null;
  /** Of the features while training. */
  readonly dropout: number;
  /** Training items as the network takes them, drawn on once to centre and scale the features. */
  readonly sample: () => AsyncIterable<tf.Tensor> | Iterable<tf.Tensor>;
  readonly random: SeededRandom;
}

/** The head's rate against that of pretrained layers, as in the field's template (Song et al.'s public solver). */
const HEAD_LEARNING_RATE = 10;

/**
 * A linear embedding on the features of a pretrained network, which are centred and brought to a mean length of 1 with the
 * statistics of the training items under the pretrained weights; both are fixed from then on.
 */
export async function featureEmbedding(options: FeatureEmbeddingOptions): Promise<Model> {
  const { trunk, embeddingDimension, radius, dropout, random } = options;
  const features = (inputs: tf.Tensor) => (trunk === null ? inputs : trunk.run(inputs)[0]) as tf.Tensor2D;
  const made: tf.Tensor[] = [];
  const build = async () => {
    const { mean, scale } = await statisticsOf(options.sample(), features);
    const centre = tf.tensor1d(mean);
    made.push(centre);
    const head = embeddingHead({
      inputDimension: mean.length,
      embeddingDimension,
      radius,
      dropout,
      random,
    });
    return { mean, scale, centre, head };
  };
  const { mean, scale, centre, head } = await build().catch((error: unknown) => {
    trunk?.dispose();
    tf.dispose(made);
    throw error;
  });
  return {
    parameters: [
      ...(trunk?.parameters ?? []),
      ...head.parameters.map((parameter) =>
        trunk === null ? parameter : { ...parameter, learningRateFactor: HEAD_LEARNING_RATE },
      ),
    ],
    statistics: [],
    centring: { mean, scale },
    masks: head.masks,
    embed: (inputs, training) => tf.tidy(() => head.embed(features(inputs).sub(centre).mul(scale), training)),
    dispose: () => {
      trunk?.dispose();
      centre.dispose();
      head.dispose();
    },
  };
}

async function statisticsOf(
  sample: AsyncIterable<tf.Tensor> | Iterable<tf.Tensor>,
  features: (inputs: tf.Tensor) => tf.Tensor2D,
): Promise<{ readonly mean: Float32Array; readonly scale: number }> {
  let sum = new Float64Array(0);
  let squares = 0;
  let count = 0;
  for await (const inputs of sample) {
    const { shape, values } = await valuesOf(inputs, features);
    const [n, dimension] = shape;
    if (sum.length === 0) sum = new Float64Array(dimension);
    for (let i = 0; i < values.length; i++) {
      sum[i % dimension] += values[i];
      squares += values[i] ** 2;
    }
    count += n;
  }
  const mean = Float32Array.from(sum, (value) => value / count);
  const meanSquaredLength = squares / count - mean.reduce((total, value) => total + value ** 2, 0);
  return { mean, scale: 1 / Math.sqrt(meanSquaredLength) };
}

/** Of what a network makes of inputs, which are disposed. */
export async function valuesOf(
  inputs: tf.Tensor,
  network: (inputs: tf.Tensor) => tf.Tensor2D,
): Promise<{ readonly shape: [number, number]; readonly values: Float32Array }> {
  let rows: tf.Tensor2D | undefined;
  try {
    rows = tf.tidy(() => network(inputs));
    return { shape: rows.shape, values: await rows.data<'float32'>() };
  } finally {
    tf.dispose([inputs, rows ?? []].flat());
  }
}

/** Pretrained features as they are: the baseline that trains nothing. */
export const frozenFeatures: Model = {
  parameters: [],
  statistics: [],
  embed: (inputs) => inputs.clone() as tf.Tensor2D,
  dispose: () => {},
};
