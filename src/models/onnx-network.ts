import { type OnnxConstant, type OnnxNode, onnxModel } from '../backends/onnxruntime/onnx-model.js';
import {
  layersBetween,
  type Network,
  type NetworkLayer,
  type NetworkWeights,
  outputShapes,
} from './network.js';

const FLOAT16 = 10;

/**
 * The network as the bytes of an ONNX model: input `data` [n, 3, height, width] as the network was trained on,
 * one output for each named layer, [n, channels, height, width] or [n, features].
 *
 * @param options.half outputs in float16
 * @param options.channelsLast outputs as [n, height, width, channels]
 */
export function onnxNetwork(
  network: Network,
  weights: NetworkWeights,
  outputs: readonly string[],
  options: { readonly half?: boolean; readonly channelsLast?: boolean } = {},
): Uint8Array {
  const { half = false, channelsLast = false } = options;
  const shapes = outputShapes(network);
  const constants = new Map<string, OnnxConstant>();
  const nodes = networkNodes(network, weights, outputs, constants);
  const results = outputs.map((layer) => {
    const [channels, height] = shapes.get(layer) as readonly [number, number, number];
    const positions = height === 0 ? [] : [`${layer} height`, `${layer} width`];
    const turned = channelsLast && height > 0;
    let name = layer;
    const add = (operator: string, attributes: OnnxNode['attributes']) => {
      const output = `${name}, ${operator}`;
      nodes.push({ operator, inputs: [name], outputs: [output], attributes });
      name = output;
    };
    if (turned) add('Transpose', { perm: [0, 2, 3, 1] });
    if (half) add('Cast', { to: FLOAT16 });
    const shape = turned ? [...positions, channels] : [channels, ...positions];
    return { name, type: half ? ('float16' as const) : ('float32' as const), shape: ['n', ...shape] };
  });
  return onnxModel(
    nodes,
    [{ name: 'data', type: 'float32', shape: ['n', 3, 'height', 'width'] }],
    results,
    {},
    constants,
  );
}

/** The nodes that lead from `data` to these layers; their weights go into `constants`. */
export function networkNodes(
  network: Network,
  weights: NetworkWeights,
  outputs: readonly string[],
  constants: Map<string, OnnxConstant>,
): OnnxNode[] {
  return layersBetween(network, 'data', outputs).flatMap((layer) => nodesOf(layer, weights, constants));
}

function nodesOf(
  layer: NetworkLayer,
  weights: NetworkWeights,
  constants: Map<string, OnnxConstant>,
): OnnxNode[] {
  const { name } = layer;
  const constant = (part: 'filter' | 'bias', shape: (all: readonly number[]) => readonly number[]) => {
    const own = weights.get(name);
    if (own === undefined) throw new Error(`no weights for ${name}`);
    constants.set(`${name} ${part}`, { shape: shape(own.shape), values: own[part] });
    return `${name} ${part}`;
  };
  switch (layer.kind) {
    case 'convolution': {
      const { kernel, stride, pad } = layer;
      const filter = constant('filter', (shape) => shape);
      const bias = constant('bias', ([out]) => [out]);
      return [
        {
          operator: 'Conv',
          inputs: [layer.input, filter, bias],
          outputs: [`${name} before ReLU`],
          attributes: {
            kernel_shape: [kernel, kernel],
            strides: [stride, stride],
            pads: [pad, pad, pad, pad],
          },
        },
        { operator: 'Relu', inputs: [`${name} before ReLU`], outputs: [name] },
      ];
    }
    case 'max-pool': {
      const { kernel, stride, pad } = layer;
      const attributes = {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: [pad, pad, pad, pad],
        ceil_mode: 1,
      };
      return [{ operator: 'MaxPool', inputs: [layer.input], outputs: [name], attributes }];
    }
    case 'global-average-pool':
      return [
        { operator: 'GlobalAveragePool', inputs: [layer.input], outputs: [`${name} 1×1`] },
        { operator: 'Flatten', inputs: [`${name} 1×1`], outputs: [name], attributes: { axis: 1 } },
      ];
    case 'local-response-normalization':
      return [
        {
          operator: 'LRN',
          inputs: [layer.input],
          outputs: [name],
          attributes: { size: 5, alpha: { float: 1e-4 }, beta: { float: 0.75 }, bias: { float: 1 } },
        },
      ];
    case 'concatenation':
      return [{ operator: 'Concat', inputs: layer.inputs, outputs: [name], attributes: { axis: 1 } }];
    case 'dropout':
      return [{ operator: 'Identity', inputs: [layer.input], outputs: [name] }];
    case 'dense': {
      const filter = constant('filter', ([out, input]) => [out, input]);
      const bias = constant('bias', ([out]) => [out]);
      const product = layer.relu ? `${name} before ReLU` : name;
      return [
        { operator: 'Flatten', inputs: [layer.input], outputs: [`${name} flat`], attributes: { axis: 1 } },
        {
          operator: 'Gemm',
          inputs: [`${name} flat`, filter, bias],
          outputs: [product],
          attributes: { transB: 1 },
        },
        ...(layer.relu ? [{ operator: 'Relu', inputs: [product], outputs: [name] }] : []),
      ];
    }
  }
}
