import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../kit-error.js';
import { readCaffemodel } from './caffemodel.js';
import {
  type LayerWeights,
  type Network,
  type NetworkWeights,
  outputShapes,
  requireWeights,
  weightShape,
} from './network.js';

/** Pretrained weights, and the checksum that names them in records and caches. */
export interface PretrainedWeights {
  readonly layers: NetworkWeights;
  /** SHA-256 (hex) over all values in the network's order. */
  readonly checksum: string;
}

/**
 * Reads the weights of a network: a `.caffemodel`, or a folder with two files a layer, `<layer>_filter.bin`
 * [out, height, width, in] and `<layer>_bias.bin`, little-endian float32.
 *
 * @throws KitError `dataset-missing`, or `invalid-dataset` naming the layer that is missing or of another size
 */
export function readWeights(network: Network, path: string): PretrainedWeights {
  if (!existsSync(path)) {
    throw new KitError(
      'dataset-missing',
      `The weights of ${network.name} are not at ${path}. Put a .caffemodel or a folder of per-layer float files there, or name another path with --weights.`,
    );
  }
  const layers = statSync(path).isDirectory() ? readFolder(network, path) : readCaffemodel(path);
  requireWeights(network, layers, path);
  const hash = createHash('sha256');
  for (const { name } of network.layers) {
    const weights = layers.get(name);
    if (weights !== undefined) hash.update(weights.filter).update(weights.bias);
  }
  return { layers, checksum: hash.digest('hex') };
}

function readFolder(network: Network, folder: string): NetworkWeights {
  const shapes = outputShapes(network);
  const weights = new Map<string, LayerWeights>();
  for (const layer of network.layers) {
    if (layer.kind !== 'convolution' && layer.kind !== 'dense') continue;
    const shape = weightShape(layer, shapes.get(layer.input) as readonly [number, number, number]);
    const [out, input, height, width] = shape;
    const stored = readFloats(join(folder, `${layer.name}_filter.bin`), out * input * height * width);
    const filter = new Float32Array(stored.length);
    let at = 0;
    for (let o = 0; o < out; o++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          for (let i = 0; i < input; i++) filter[((o * input + i) * height + y) * width + x] = stored[at++];
    weights.set(layer.name, { shape, filter, bias: readFloats(join(folder, `${layer.name}_bias.bin`), out) });
  }
  return weights;
}

function readFloats(path: string, count: number): Float32Array {
  if (!existsSync(path))
    throw new KitError('invalid-dataset', `${path} is missing: the weights are not whole.`);
  const bytes = readFileSync(path);
  if (bytes.length !== 4 * count) {
    throw new KitError(
      'invalid-dataset',
      `${path} has ${bytes.length} bytes; expected ${4 * count} (${count} float32 values). Get the file again.`,
    );
  }
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
