import * as tf from '@tensorflow/tfjs';
import { allOrNothing } from '../backends/all-or-nothing.js';
import { type Border, withBorder } from '../backends/border.js';
import { convolution } from '../backends/convolution.js';
import type { Parameter } from './model.js';
import {
  inputsOf,
  type LayerWeights,
  layersBetween,
  type Network,
  type NetworkLayer,
  type NetworkWeights,
  pooledSize,
} from './network.js';

/** Some layers of a network as trainable tensors. */
export interface TensorNetwork {
  readonly parameters: readonly Parameter[];
  /**
   * @param input what the layer `from` gives: [n, height, width, channels], or pictures
   *   (dropout layers pass it on: this is for networks that end below theirs)
   * @returns outputs of the layers `to`, in that order: [n, height, width, channels] or [n, features]
   */
  run(input: tf.Tensor): tf.Tensor[];
  dispose(): void;
}

/**
 * The layers that lead from `from` (`data` for all) to `to`, with their pretrained weights.
 */
export function tensorNetwork(
  network: Network,
  weights: NetworkWeights,
  { from, to }: { readonly from: string; readonly to: readonly string[] },
): TensorNetwork {
  const layers = layersBetween(network, from, to);
  const variables = allOrNothing(() => {
    const made = new Map<string, { filter: tf.Variable; bias: tf.Variable }>();
    for (const { name } of layers) {
      const own = weights.get(name);
      if (own !== undefined) made.set(name, toVariables(own));
    }
    return made;
  });

  function apply(layer: NetworkLayer, inputs: readonly tf.Tensor[]): tf.Tensor {
    const [x] = inputs;
    const own = variables.get(layer.name);
    switch (layer.kind) {
      case 'convolution': {
        const { filter, bias } = own as { filter: tf.Variable; bias: tf.Variable };
        return convolution({
          x: x as tf.Tensor4D,
          filter: filter as tf.Variable<tf.Rank.R4>,
          bias: bias as tf.Variable<tf.Rank.R1>,
          stride: layer.stride,
          padding: layer.pad,
        });
      }
      case 'max-pool':
        return maxPool(x as tf.Tensor4D, layer);
      case 'global-average-pool':
        return x.mean([1, 2]);
      case 'local-response-normalization':
        // tfjs multiplies the plain sum of squares by alpha, Caffe their mean over the 5 channels.
        return tf.localResponseNormalization(x as tf.Tensor4D, 2, 1, 1e-4 / 5, 0.75);
      case 'concatenation':
        return tf.concat(inputs as tf.Tensor4D[], 3);
      case 'dropout':
        return x;
      case 'dense': {
        const flat = x.rank === 4 ? x.transpose([0, 3, 1, 2]).reshape([x.shape[0], -1]) : x;
        const y = tf
          .matMul(flat as tf.Tensor2D, (own as { filter: tf.Variable }).filter.squeeze([0, 1]))
          .add(own?.bias as tf.Tensor);
        return layer.relu ? tf.relu(y) : y;
      }
    }
  }

  return {
    parameters: [...variables].flatMap(([name, { filter, bias }]) => [
      { name: `${name}/filter`, variable: filter, learningRateFactor: 1 },
      { name: `${name}/bias`, variable: bias, learningRateFactor: 1 },
    ]),
    run: (input) =>
      tf.tidy(() => {
        const outputs = new Map<string, tf.Tensor>([[from, input]]);
        const outputOf = (name: string) => outputs.get(name) as tf.Tensor;
        for (const layer of layers) outputs.set(layer.name, apply(layer, inputsOf(layer).map(outputOf)));
        return to.map(outputOf);
      }),
    dispose: () => {
      for (const { filter, bias } of variables.values()) tf.dispose([filter, bias]);
    },
  };
}

function toVariables({ shape, filter, bias }: LayerWeights): { filter: tf.Variable; bias: tf.Variable } {
  return tf.tidy(() => {
    const stored = tf.tensor4d(filter, [...shape]);
    return {
      filter: tf.variable(stored.transpose([2, 3, 1, 0])),
      bias: tf.variable(tf.tensor1d(bias)),
    };
  });
}

function maxPool(x: tf.Tensor4D, layer: Extract<NetworkLayer, { kind: 'max-pool' }>): tf.Tensor4D {
  const { kernel, stride, pad } = layer;
  const after = (size: number) => (pooledSize(size, layer) - 1) * stride + kernel - size - pad;
  const [, height, width] = x.shape;
  const border: Border = { size: kernel, stride, rows: [pad, after(height)], columns: [pad, after(width)] };
  return withBorder(x, border, LOWEST_FLOAT, (input, padding) => tf.maxPool(input, kernel, stride, padding));
}

const LOWEST_FLOAT = -3.4028234663852886e38;
