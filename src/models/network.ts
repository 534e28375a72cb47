import { KitError } from '../kit-error.js';

/** One layer of a convolutional network, by the name that Caffe's files give it. */
export type NetworkLayer =
  /** With bias, and a ReLU after it. */
  | {
      readonly kind: 'convolution';
      readonly name: string;
      readonly input: string;
      readonly filters: number;
      readonly kernel: number;
      readonly stride: number;
      readonly pad: number;
    }
  /** Output sizes rounded up, as Caffe does: a last window may hang over the edge. */
  | {
      readonly kind: 'max-pool';
      readonly name: string;
      readonly input: string;
      readonly kernel: number;
      readonly stride: number;
      readonly pad: number;
    }
  /** Mean over all positions: [n, channels]. */
  | { readonly kind: 'global-average-pool'; readonly name: string; readonly input: string }
  /** Across 5 channels, α = 1e-4, β = 0.75 (Krizhevsky et al. 2012, section 3.3; the values of BVLC's models). */
  | { readonly kind: 'local-response-normalization'; readonly name: string; readonly input: string }
  | { readonly kind: 'concatenation'; readonly name: string; readonly inputs: readonly string[] }
  | {
      readonly kind: 'dropout';
      readonly name: string;
      readonly input: string;
      readonly share: number;
    }
  | {
      readonly kind: 'dense';
      readonly name: string;
      readonly input: string;
      readonly units: number;
      readonly relu: boolean;
    };

/** A network as data: from it both the trainable form and the ONNX form are made. */
export interface Network {
  readonly name: string;
  /** Side in pixels of the square picture that it was trained on. */
  readonly inputSize: number;
  /** In order: a layer's inputs stand before it; the first input is `data`. */
  readonly layers: readonly NetworkLayer[];
}

/** Filter and bias of a layer. A dense layer's filter is [out, in, 1, 1], its inputs in the order channel, row, column. */
export interface LayerWeights {
  readonly shape: readonly [out: number, input: number, height: number, width: number];
  /** Row-major in `shape`'s order. */
  readonly filter: Float32Array;
  readonly bias: Float32Array;
}

export type NetworkWeights = ReadonlyMap<string, LayerWeights>;

export const inputsOf = (layer: NetworkLayer): readonly string[] =>
  layer.kind === 'concatenation' ? layer.inputs : [layer.input];

/**
 * A layer's whole name from the short one of its block: `pool5/7x7_s1` for `pool5`, `inception_4e/output` for
 * `inception_4e`; `data` is the input itself.
 *
 * @throws KitError `invalid-argument` that lists the names
 */
export function layerName(network: Network, name: string): string {
  const { layers } = network;
  if (name === 'data') return name;
  const found =
    layers.find((layer) => layer.name === name) ??
    layers.find((layer) => layer.name === `${name}/output`) ??
    layers.find((layer) => layer.name.startsWith(`${name}/`));
  if (found !== undefined) return found.name;
  const blocks = [...new Set(layers.map((layer) => layer.name.split('/')[0]))].join(', ');
  throw new KitError('invalid-argument', `${network.name} has no layer "${name}"; it has ${blocks}.`);
}

/** The layers that lead from the outputs of `from` to those of `to`, in order. */
export function layersBetween(network: Network, from: string, to: readonly string[]): NetworkLayer[] {
  const wanted = new Set(to);
  const between: NetworkLayer[] = [];
  for (const layer of [...network.layers].reverse()) {
    if (layer.name === from || !wanted.has(layer.name)) continue;
    between.unshift(layer);
    for (const input of inputsOf(layer)) wanted.add(input);
  }
  return between;
}

/** Output channels of every layer, and [channels, height, width] for an input of this side; height and width are 0 after the positions are gone. */
export function outputShapes(
  network: Network,
  side = network.inputSize,
): ReadonlyMap<string, readonly [channels: number, height: number, width: number]> {
  const shapes = new Map<string, [number, number, number]>([['data', [3, side, side]]]);
  const at = (name: string) => shapes.get(name) as [number, number, number];
  for (const layer of network.layers) {
    const [channels, height, width] = at(inputsOf(layer)[0]);
    switch (layer.kind) {
      case 'convolution': {
        const out = (size: number) => Math.floor((size + 2 * layer.pad - layer.kernel) / layer.stride) + 1;
        shapes.set(layer.name, [layer.filters, out(height), out(width)]);
        break;
      }
      case 'max-pool': {
        const out = (size: number) => pooledSize(size, layer);
        shapes.set(layer.name, [channels, out(height), out(width)]);
        break;
      }
      case 'global-average-pool':
        shapes.set(layer.name, [channels, 0, 0]);
        break;
      case 'concatenation':
        shapes.set(layer.name, [layer.inputs.reduce((sum, name) => sum + at(name)[0], 0), height, width]);
        break;
      case 'dense':
        shapes.set(layer.name, [layer.units, 0, 0]);
        break;
      default:
        shapes.set(layer.name, [channels, height, width]);
    }
  }
  return shapes;
}

/** Caffe's rule: rounded up, but no window may begin beyond the input. */
export function pooledSize(
  size: number,
  { kernel, stride, pad }: { readonly kernel: number; readonly stride: number; readonly pad: number },
): number {
  const out = Math.ceil((size + 2 * pad - kernel) / stride) + 1;
  return pad > 0 && (out - 1) * stride >= size + pad ? out - 1 : out;
}

/** @throws KitError `invalid-dataset` naming the layer whose weights are missing or of another shape */
export function requireWeights(network: Network, weights: NetworkWeights, origin: string): void {
  const shapes = outputShapes(network);
  for (const layer of network.layers) {
    if (layer.kind !== 'convolution' && layer.kind !== 'dense') continue;
    const expected = weightShape(layer, shapes.get(layer.input) as readonly [number, number, number]);
    const found = weights.get(layer.name);
    if (found === undefined)
      throw new KitError('invalid-dataset', `${origin} has no weights for ${layer.name} of ${network.name}.`);
    const length = expected.reduce((product, size) => product * size, 1);
    if (found.filter.length !== length || found.bias.length !== expected[0]) {
      throw new KitError(
        'invalid-dataset',
        `${origin}: ${layer.name} has ${found.filter.length} filter values and ${found.bias.length} biases; ${network.name} needs ${length} (${expected.join('×')}) and ${expected[0]}.`,
      );
    }
  }
}

export function weightShape(
  layer: Extract<NetworkLayer, { kind: 'convolution' | 'dense' }>,
  [channels, height, width]: readonly [number, number, number],
): LayerWeights['shape'] {
  return layer.kind === 'convolution'
    ? [layer.filters, channels, layer.kernel, layer.kernel]
    : [layer.units, channels * Math.max(1, height) * Math.max(1, width), 1, 1];
}
