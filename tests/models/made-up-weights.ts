import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type LayerWeights, type Network, outputShapes, weightShape } from '../../src/models/network.js';
import { SeededRandom } from '../../src/seeded-random.js';

/** Random weights of the right shapes, scaled so that activations neither vanish nor explode (He et al. 2015). */
export function madeUpWeights(network: Network, seed = 0): Map<string, LayerWeights> {
  const shapes = outputShapes(network);
  const random = new SeededRandom(seed);
  const weights = new Map<string, LayerWeights>();
  for (const layer of network.layers) {
    if (layer.kind !== 'convolution' && layer.kind !== 'dense') continue;
    const shape = weightShape(layer, shapes.get(layer.input) as readonly [number, number, number]);
    const fanIn = shape[1] * shape[2] * shape[3];
    const filter = Float32Array.from(
      { length: shape[0] * fanIn },
      () => random.normal() * Math.sqrt(2 / fanIn),
    );
    weights.set(layer.name, {
      shape,
      filter,
      bias: Float32Array.from({ length: shape[0] }, () => random.normal() / 10),
    });
  }
  return weights;
}

/** Such weights as files in a data directory, where `KIT_DATA` says that a network's own lie. */
export function writeMadeUpWeights(network: Network, dataDirectory: string): void {
  for (const [name, { filter, bias }] of madeUpWeights(network)) {
    const path = join(dataDirectory, network.name, 'weights', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}_filter.bin`, filter);
    writeFileSync(`${path}_bias.bin`, bias);
  }
}
