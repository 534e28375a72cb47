import type * as tf from '@tensorflow/tfjs';
import type { SeededRandom } from '../seeded-random.js';
import { featureEmbedding } from './feature-embedding.js';
import { googlenet } from './googlenet.js';
import type { Model } from './model.js';
import { layerName, type NetworkWeights } from './network.js';
import { tensorNetwork } from './tensor-network.js';

export interface GooglenetEmbeddingOptions {
  /** Layer whose output comes in: `pool5` to train the head alone, `pool4` from 5a on, `pool3` from 4a on, `data` all. */
  readonly input: 'pool5' | 'pool4' | 'pool3' | 'data';
  readonly weights: NetworkWeights;
  /** The paper uses 512. */
  readonly embeddingDimension: number;
  readonly radius: number | null;
  /** Of the pool5 features while training. */
  readonly dropout: number;
  /** Training items as the network takes them, drawn on once to centre and scale the features. */
  readonly sample: () => AsyncIterable<tf.Tensor> | Iterable<tf.Tensor>;
  readonly random: SeededRandom;
}

/** The upper blocks of GoogLeNet and a linear embedding on its pool5 features. */
export function googlenetEmbedding({
  input,
  weights,
  ...options
}: GooglenetEmbeddingOptions): Promise<Model> {
  const range = { from: layerName(googlenet, input), to: [layerName(googlenet, 'pool5')] };
  const trunk = input === 'pool5' ? null : tensorNetwork(googlenet, weights, range);
  return featureEmbedding({ ...options, trunk });
}
