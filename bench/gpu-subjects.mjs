// What the GPU's checks and benchmarks compute: GoogLeNet with the paper's head on real pictures where there are some.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import tf from '@tensorflow/tfjs';
import { packBytes, picturesFromBytes } from '../dist/backends/pictures-from-bytes.js';
import { googlenet } from '../dist/models/googlenet.js';
import { googlenetEmbedding } from '../dist/models/googlenet-embedding.js';
import { outputShapes, weightShape } from '../dist/models/network.js';
import { readWeights } from '../dist/models/read-weights.js';
import { SeededRandom } from '../dist/seeded-random.js';

export const SIDE = 227;
/** Of one input of each block that training can begin at. */
export const INPUTS = { data: [SIDE, SIDE, 3], pool4: [7, 7, 832], pool5: [1024] };

const data = process.env.KIT_DATA ?? 'datasets';

/** The trained ones where they are; else made-up ones of the right shapes, with which a step takes as long. */
export function weights() {
  const path = join(data, 'googlenet', 'weights');
  if (existsSync(path)) return { layers: readWeights(googlenet, path).layers, areReal: true };
  const random = new SeededRandom('made-up weights');
  const shapes = outputShapes(googlenet);
  const layers = googlenet.layers.filter(({ kind }) => kind === 'convolution' || kind === 'dense');
  const made = layers.map((layer) => {
    const shape = weightShape(layer, shapes.get(layer.input));
    const fanIn = shape[1] * shape[2] * shape[3];
    const filter = Float32Array.from({ length: shape[0] * fanIn }, () => random.normal() * Math.sqrt(2 / fanIn));
    return [layer.name, { shape, filter, bias: new Float32Array(shape[0]) }];
  });
  return { layers: new Map(made), areReal: false };
}

/** Bytes [count, 227, 227, 3]: Cars-196's pictures where they are, else noise; two of a kind follow each other. */
export async function pictureBytes(count) {
  const bytes = new Uint8Array(count * SIDE * SIDE * 3);
  const folder = join(data, 'cars196', 'cars_train');
  const random = new SeededRandom('made-up pictures');
  if (!existsSync(folder)) return { bytes: bytes.map(() => Math.floor(256 * random.uniform())), areReal: false };
  const { default: sharp } = await import('sharp');
  const names = readdirSync(folder).filter((name) => name.endsWith('.jpg')).sort().slice(0, count);
  for (const [i, name] of names.entries()) {
    const pixels = await sharp(join(folder, name)).resize(SIDE, SIDE, { fit: 'fill' }).removeAlpha().toColourspace('srgb').raw().toBuffer();
    bytes.set(pixels, i * SIDE * SIDE * 3);
  }
  return { bytes, areReal: true };
}

/** Input values for a model that begins at `input`. */
export function inputValues(input, count, bytes) {
  if (input === 'data') return packBytes(bytes.subarray(0, count * SIDE * SIDE * 3));
  const random = new SeededRandom(input);
  return Float32Array.from({ length: count * INPUTS[input].reduce((a, b) => a * b, 1) }, () => Math.max(0, random.normal()));
}

/** As a model that begins at `input` takes them. */
export function inputTensor(input, count, values) {
  return input === 'data' ? picturesFromBytes(values, [count, SIDE, SIDE, 3]) : values.reshape([count, ...INPUTS[input]]);
}

export function embedding(input, layers, sample) {
  return googlenetEmbedding({
    input,
    weights: layers,
    embeddingDimension: 512,
    radius: 1,
    dropout: 0,
    sample: () => [sample],
    random: new SeededRandom('head'),
  });
}

/** Largest difference by largest value. */
export function relative(expected, actual) {
  if (expected.length !== actual.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
    if (Number.isNaN(actual[i])) return Number.POSITIVE_INFINITY;
  }
  return difference / largest;
}

/** Lets `around` have every call of a kernel of the backend in use, and the kernel itself. */
export function wrapKernel(name, around) {
  const kernel = tf.getKernel(name, tf.getBackend());
  tf.unregisterKernel(name, tf.getBackend());
  tf.registerKernel({ ...kernel, kernelFunc: (call) => around(call, kernel.kernelFunc) });
}
