import * as tf from '@tensorflow/tfjs';
import { type OnnxConstant, type OnnxNode, onnxModel } from '../backends/onnxruntime/onnx-model.js';
import { googlenet } from './googlenet.js';
import type { Model } from './model.js';
import { layerName, type NetworkWeights } from './network.js';
import { networkNodes } from './onnx-network.js';

export interface OnnxEmbeddingOptions {
  /** Side in pixels of the pictures. */
  readonly side: number;
  /** Of the sphere that embeddings are put on; null leaves them as they are. */
  readonly radius: number | null;
  /** Of the whole GoogLeNet, where the model is an upper part of it; without them the model is the small network. */
  readonly weights?: NetworkWeights;
  /** What the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Name of the input. */
export const PICTURES = 'pictures';
const EMBEDDING = 'embedding';

/**
 * A trained model as the bytes of an ONNX model: `pictures` [n, 3, side, side], red, green, blue from 0 to 255, to
 * `embedding` [n, d]; scaling of colours, batch normalisation with its running statistics, centring of features and the sphere
 * are in the graph.
 */
export async function onnxEmbedding(
  model: Model,
  { side, radius, weights, metadata }: OnnxEmbeddingOptions,
): Promise<Uint8Array> {
  const values = new Map<string, OnnxConstant>();
  for (const { name, variable } of model.parameters)
    values.set(name, { shape: variable.shape, values: await variable.data<'float32'>() });
  const statistics = await Promise.all(model.statistics.map((statistic) => statistic.data<'float32'>()));
  const graph = new GraphOfNodes();
  const features =
    weights === undefined
      ? convnetGraph(graph, values, statistics)
      : googlenetGraph(graph, values, weights, model);
  const head = values.get('embedding/weights') as OnnxConstant;
  graph.constant('embedding/weights', head);
  const linear = graph.add('MatMul', [features, 'embedding/weights']);
  graph.nodes.push({
    operator: 'Identity',
    inputs: [radius === null ? linear : sphere(graph, linear, radius)],
    outputs: [EMBEDDING],
  });
  return onnxModel(
    graph.nodes,
    [{ name: PICTURES, type: 'float32', shape: ['n', 3, side, side] }],
    [{ name: EMBEDDING, type: 'float32', shape: ['n', head.shape[1]] }],
    graph.indices,
    graph.constants,
    metadata,
  );
}

class GraphOfNodes {
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxConstant>();
  readonly indices: Record<string, readonly number[]> = {};

  constant(name: string, value: OnnxConstant): string {
    this.constants.set(name, value);
    return name;
  }

  number(value: number): string {
    return this.constant(`number ${value}`, { shape: [], values: Float32Array.of(value) });
  }

  add(operator: string, inputs: readonly string[], attributes?: OnnxNode['attributes']): string {
    const output = `${operator} ${this.nodes.length}`;
    this.nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }
}

function sphere(graph: GraphOfNodes, x: string, radius: number): string {
  const squares = graph.add('ReduceSumSquare', [x], { axes: [1], keepdims: 1 });
  const length = graph.add('Sqrt', [graph.add('Add', [squares, graph.number(1e-12)])]);
  return graph.add('Mul', [graph.add('Div', [x, length]), graph.number(radius)]);
}

function convnetGraph(
  graph: GraphOfNodes,
  values: ReadonlyMap<string, OnnxConstant>,
  statistics: readonly Float32Array[],
): string {
  let x = graph.add('Sub', [graph.add('Div', [PICTURES, graph.number(127.5)]), graph.number(1)]);
  for (let block = 1; values.has(`block${block}/filter`); block++) {
    const filter = values.get(`block${block}/filter`) as OnnxConstant;
    const turned = tf.tidy(() =>
      tf.tensor4d(filter.values, filter.shape as [number, number, number, number]).transpose([3, 2, 0, 1]),
    );
    graph.constant(`filter ${block}`, { shape: turned.shape, values: turned.dataSync<'float32'>() });
    turned.dispose();
    const convolved = graph.add('Conv', [x, `filter ${block}`], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    const channels = [filter.shape[3]];
    const vectors = [
      (values.get(`block${block}/scale`) as OnnxConstant).values,
      (values.get(`block${block}/offset`) as OnnxConstant).values,
      statistics[2 * block - 2],
      statistics[2 * block - 1],
    ].map((vector, i) => graph.constant(`normalization ${block} ${i}`, { shape: channels, values: vector }));
    const normalized = graph.add('BatchNormalization', [convolved, ...vectors], { epsilon: { float: 1e-3 } });
    const pooled = graph.add('MaxPool', [normalized], { kernel_shape: [2, 2], strides: [2, 2] });
    x = graph.add('Relu', [pooled]);
  }
  return graph.add('Flatten', [graph.add('Transpose', [x], { perm: [0, 2, 3, 1] })], { axis: 1 });
}

function googlenetGraph(
  graph: GraphOfNodes,
  values: ReadonlyMap<string, OnnxConstant>,
  pretrained: NetworkWeights,
  model: Model,
): string {
  const weights = new Map(pretrained);
  for (const [layer, own] of pretrained) {
    const filter = values.get(`${layer}/filter`);
    const bias = values.get(`${layer}/bias`);
    if (filter === undefined || bias === undefined) continue;
    const turned = tf.tidy(() => tf.tensor(filter.values, [...filter.shape]).transpose([3, 2, 0, 1]));
    weights.set(layer, { shape: own.shape, filter: turned.dataSync<'float32'>(), bias: bias.values });
    turned.dispose();
  }
  graph.indices['blue, green, red'] = [2, 1, 0];
  graph.constant('mean of ImageNet', { shape: [1, 3, 1, 1], values: Float32Array.of(104, 117, 123) });
  const turned = graph.add('Gather', [PICTURES, 'blue, green, red'], { axis: 1 });
  graph.nodes.push({ operator: 'Sub', inputs: [turned, 'mean of ImageNet'], outputs: ['data'] });
  const pool5 = layerName(googlenet, 'pool5');
  graph.nodes.push(...networkNodes(googlenet, weights, [pool5], graph.constants));
  const { mean, scale } = model.centring as NonNullable<Model['centring']>;
  graph.constant('mean of the features', { shape: [mean.length], values: mean });
  return graph.add('Mul', [graph.add('Sub', [pool5, 'mean of the features']), graph.number(scale)]);
}
