import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as onnx from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataDirectory } from '../../src/datasets/data-directory.js';
import { caffePreprocessing } from '../../src/features/caffe-preprocessing.js';
import { writePreprocessed } from '../../src/features/preprocessing.js';
import { loadCub200Crops, startBackend } from '../../src/index.js';
import { googlenet } from '../../src/models/googlenet.js';
import { type Network, type NetworkWeights, outputShapes } from '../../src/models/network.js';
import { onnxNetwork } from '../../src/models/onnx-network.js';
import { readWeights } from '../../src/models/read-weights.js';
import { tensorNetwork } from '../../src/models/tensor-network.js';
import { vgg16 } from '../../src/models/vgg16.js';
import { SeededRandom } from '../../src/seeded-random.js';
import { madeUpWeights } from './made-up-weights.js';

beforeAll(async () => {
  await startBackend({ threads: 1 });
});

/** Every kind of layer, and a pool whose last window hangs over the edge. */
const small: Network = {
  name: 'small',
  inputSize: 18,
  layers: [
    { kind: 'convolution', name: 'first', input: 'data', filters: 6, kernel: 7, stride: 2, pad: 3 },
    { kind: 'max-pool', name: 'halved', input: 'first', kernel: 3, stride: 2, pad: 0 },
    { kind: 'local-response-normalization', name: 'normal', input: 'halved' },
    { kind: 'convolution', name: 'left', input: 'normal', filters: 4, kernel: 1, stride: 1, pad: 0 },
    { kind: 'max-pool', name: 'pool', input: 'normal', kernel: 3, stride: 1, pad: 1 },
    { kind: 'convolution', name: 'right', input: 'pool', filters: 5, kernel: 3, stride: 1, pad: 1 },
    { kind: 'concatenation', name: 'both', inputs: ['left', 'right'] },
    { kind: 'dense', name: 'wide', input: 'both', units: 7, relu: true },
    { kind: 'global-average-pool', name: 'mean', input: 'both' },
    { kind: 'dropout', name: 'dropped', input: 'mean', share: 0.4 },
    { kind: 'dense', name: 'classes', input: 'dropped', units: 3, relu: false },
  ],
};

/** Largest difference of the two forms at each layer, as a share of the layer's largest value. */
async function differences(network: Network, weights: NetworkWeights, planes: Float32Array, side: number) {
  const names = network.layers.map((layer) => layer.name);
  const session = await onnx.InferenceSession.create(
    onnxNetwork(network, weights, names, { channelsLast: true }),
  );
  const n = planes.length / (3 * side * side);
  const expected = await session.run({ data: new onnx.Tensor('float32', planes, [n, 3, side, side]) });
  const model = tensorNetwork(network, weights, { from: 'data', to: names });
  const outputs = tf.tidy(() => model.run(tf.tensor4d(planes, [n, 3, side, side]).transpose([0, 2, 3, 1])));
  const found = names.map((name, i) => {
    const plain = expected[session.outputNames[i]].data as Float32Array;
    const values = outputs[i].dataSync<'float32'>();
    expect(values.length, name).toBe(plain.length);
    const largest = plain.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return [
      name,
      values.reduce((most, v, j) => Math.max(most, Math.abs(v - plain[j])), 0) / largest,
    ] as const;
  });
  tf.dispose(outputs);
  model.dispose();
  return found;
}

describe('the trainable and the ONNX form of a network', () => {
  it('agree to 1e-4 at every layer, for every kind of layer', async () => {
    const random = new SeededRandom(1);
    const planes = Float32Array.from({ length: 2 * 3 * 18 * 18 }, () => 100 * random.normal());
    for (const [name, difference] of await differences(small, madeUpWeights(small), planes, 18))
      expect(difference, name).toBeLessThan(1e-4);
  });

  it('leave no tensor behind once disposed', async () => {
    const before = tf.memory().numTensors;
    await differences(small, madeUpWeights(small), new Float32Array(3 * 18 * 18), 18);
    expect(tf.memory().numTensors).toBe(before);
  });

  const folder = join(dataDirectory(), 'googlenet', 'weights');
  it.skipIf(!existsSync(folder))(
    'agree to 1e-4 at every layer of GoogLeNet with its real weights on a photograph (needs KIT_DATA)',
    { timeout: 120_000 },
    async () => {
      const birds = await loadCub200Crops();
      const planes = new Float32Array(3 * 224 * 224);
      await writePreprocessed(await birds.read(0), 'whole', '', caffePreprocessing(224, 'whole'), planes);
      const { layers } = readWeights(googlenet, folder);
      for (const [name, difference] of await differences(googlenet, layers, planes, 224))
        expect(difference, name).toBeLessThan(1e-4);
    },
  );
});

describe('the trainable form', () => {
  it('has the gradient of finite differences, to filters and biases of an inception block', () => {
    const block: Network = { ...small, layers: small.layers.filter((layer) => layer.name !== 'wide') };
    const model = tensorNetwork(block, madeUpWeights(block, 5), { from: 'normal', to: ['mean'] });
    const random = new SeededRandom(2);
    const input = tf.tensor4d(
      Float32Array.from({ length: 2 * 5 * 5 * 6 }, () => random.normal()),
      [2, 5, 5, 6],
    );
    const weighted = tf.tensor2d(
      Float32Array.from({ length: 18 }, () => random.normal()),
      [2, 9],
    );
    const loss = () => tf.tidy(() => model.run(input)[0].mul(weighted).sum() as tf.Scalar);
    const { grads, value } = tf.variableGrads(
      loss,
      model.parameters.map(({ variable }) => variable),
    );
    for (const { variable, name } of model.parameters) {
      const values = variable.dataSync<'float32'>().slice();
      const gradient = grads[variable.name].dataSync();
      for (const at of [0, Math.floor(values.length / 2), values.length - 1]) {
        const step = 1e-2;
        const [above, below] = [step, -step].map((by) => {
          const moved = values.slice();
          moved[at] += by;
          tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
          return tf.tidy(() => loss().dataSync()[0]);
        });
        tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
        expect(Math.abs((above - below) / (2 * step) - gradient[at]), `${name}[${at}]`).toBeLessThan(2e-3);
      }
    }
    tf.dispose([input, weighted, value, grads]);
    model.dispose();
  });
});

describe('the descriptions', () => {
  it('give GoogLeNet the published sizes: 6,998,552 weights, 28², 14² and 7² positions, 1,024 features', () => {
    const shapes = outputShapes(googlenet);
    expect(shapes.get('pool2/3x3_s2')).toEqual([192, 28, 28]);
    expect(shapes.get('inception_4e/output')).toEqual([832, 14, 14]);
    expect(shapes.get('pool4/3x3_s2')).toEqual([832, 7, 7]);
    expect(shapes.get('pool5/7x7_s1')).toEqual([1024, 0, 0]);
    const values = [...madeUpWeights(googlenet).values()].map(
      ({ filter, bias }) => filter.length + bias.length,
    );
    expect(values.reduce((sum, count) => sum + count, 0)).toBe(6_998_552);
  });

  it('keep 7×7 positions above pool4 for crops of 227 pixels', () => {
    expect(outputShapes(googlenet, 227).get('pool4/3x3_s2')).toEqual([832, 7, 7]);
  });

  it('give VGG-16 25,088 inputs of fc6 and 4,096 features at fc7', () => {
    const shapes = outputShapes(vgg16);
    expect(shapes.get('pool5')).toEqual([512, 7, 7]);
    expect(shapes.get('fc7')).toEqual([4096, 0, 0]);
  });
});
