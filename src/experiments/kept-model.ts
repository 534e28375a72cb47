import * as tf from '@tensorflow/tfjs';
import { type OnnxConstant, type OnnxNode, onnxModel } from '../backends/onnxruntime/onnx-model.js';
import { PREPROCESSING_KEY } from '../features/onnx-backbone.js';
import type { Preprocessing } from '../features/preprocessing.js';
import { googlenet } from '../models/googlenet.js';
import type { Model } from '../models/model.js';
import { layerName, type NetworkWeights } from '../models/network.js';
import { networkNodes } from '../models/onnx-network.js';
import type { RunSpec } from './run-spec.js';

export interface KeptModelParts {
  readonly spec: RunSpec;
  /** The run's id, which leads to its record. */
  readonly id: string;
  readonly model: Model;
  /** Side in pixels of a network on pixels. */
  readonly side: number;
  /** Where the model starts from pretrained ones. */
  readonly weights?: NetworkWeights;
  /** Names of the classes that it was trained on. */
  readonly classes: readonly string[];
}

const INPUT = 'pictures';
export const EMBEDDING = 'embedding';

/**
 * A trained network as the bytes of an ONNX model: `pictures` [n, 3, side, side], red, green, blue from 0 to 255, to
 * `embedding` [n, d]; scaling of colours, batch normalisation with its running statistics, centring of features and the sphere
 * are in the graph. Its metadata name the run, the classes trained on and how pictures become its input.
 */
export async function keptModel({
  spec,
  id,
  model,
  side,
  weights,
  classes,
}: KeptModelParts): Promise<Uint8Array> {
  const values = new Map<string, OnnxConstant>();
  for (const { name, variable } of model.parameters)
    values.set(name, { shape: variable.shape, values: await variable.data<'float32'>() });
  const statistics = await Promise.all(model.statistics.map((statistic) => statistic.data<'float32'>()));
  const graph = new GraphOfNodes();
  const pretrained = spec.model.name === 'googlenet';
  const features = pretrained
    ? googlenetGraph(graph, values, weights as NetworkWeights, model)
    : convnetGraph(graph, values, statistics);
  const head = values.get('embedding/weights') as OnnxConstant;
  graph.constant('embedding/weights', head);
  const linear = graph.add('MatMul', [features, 'embedding/weights']);
  const { radius } = spec.model as { readonly radius: number | null };
  graph.nodes.push({
    operator: 'Identity',
    inputs: [radius === null ? linear : sphere(graph, linear, radius)],
    outputs: [EMBEDDING],
  });
  const centre = spec.model.name === 'googlenet' && spec.model.view === 'centre';
  const inputSide = centre ? 227 : pretrained ? googlenet.inputSize : side;
  const preprocessing: Preprocessing = {
    fit: pretrained ? 'stretch' : 'contain',
    resize: centre ? 256 : inputSide,
    crop: inputSide,
    interpolation: 'libvips',
    channels: 'rgb',
    mean: [0, 0, 0],
    deviation: [1, 1, 1],
  };
  return onnxModel(
    graph.nodes,
    [{ name: INPUT, type: 'float32', shape: ['n', 3, inputSide, inputSide] }],
    [{ name: EMBEDDING, type: 'float32', shape: ['n', head.shape[1]] }],
    graph.indices,
    graph.constants,
    {
      'angular-loss-kit.run': id,
      'angular-loss-kit.method': spec.method,
      'angular-loss-kit.trained-classes': JSON.stringify(classes),
      'angular-loss-kit.input': `${INPUT}: float32 [n, 3, ${inputSide}, ${inputSide}], red, green, blue, 0 to 255; ${pretrained ? 'stretched to the square' : 'the whole picture on a white square'}`,
      [PREPROCESSING_KEY]: JSON.stringify(preprocessing),
    },
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
  let x = graph.add('Sub', [graph.add('Div', [INPUT, graph.number(127.5)]), graph.number(1)]);
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
  const turned = graph.add('Gather', [INPUT, 'blue, green, red'], { axis: 1 });
  graph.nodes.push({ operator: 'Sub', inputs: [turned, 'mean of ImageNet'], outputs: ['data'] });
  const pool5 = layerName(googlenet, 'pool5');
  graph.nodes.push(...networkNodes(googlenet, weights, [pool5], graph.constants));
  const { mean, scale } = model.centring as NonNullable<Model['centring']>;
  graph.constant('mean of the features', { shape: [mean.length], values: mean });
  return graph.add('Mul', [graph.add('Sub', [pool5, 'mean of the features']), graph.number(scale)]);
}
