// One timed training step of the kit in a process of its own: node bench/training-ours.mjs TASK THREADS STEPS
import { availableParallelism } from 'node:os';
import tf from '@tensorflow/tfjs';
import { nPairAngularLoss } from '../dist/losses/n-pair-angular-loss.js';
import { embeddingHead } from '../dist/models/embedding-head.js';
import { googlenet } from '../dist/models/googlenet.js';
import { googlenetEmbedding } from '../dist/models/googlenet-embedding.js';
import { outputShapes, weightShape } from '../dist/models/network.js';
import { smallConvnet } from '../dist/models/small-convnet.js';
import { startBackend } from '../dist/backends/start-backend.js';
import { SeededRandom } from '../dist/seeded-random.js';
import { Optimizer } from '../dist/training/optimizer.js';

const [, , task, threads, steps] = process.argv;
process.env.KIT_BACKEND ??= 'wasm';
const backend = await startBackend({ threads: Math.min(Number(threads), availableParallelism()) });

const random = new SeededRandom('training bench');
const tasks = {
  head: () => ({
    shape: [256, 1024],
    model: embeddingHead({ inputDimension: 1024, embeddingDimension: 512, radius: null, dropout: 0, random }),
    optimizer: { name: 'sgd', learningRate: 0.001, momentum: 0.9, weightDecay: 0, schedule: 'constant' },
  }),
  convnet: () => ({
    shape: [64, 32, 32, 3],
    model: smallConvnet({ size: 32, channels: [16, 32, 64, 128], embeddingDimension: 64, radius: 1, random }),
    optimizer: { name: 'adam', learningRate: 0.005, weightDecay: 0, schedule: 'constant' },
  }),
  'from-5a': () => ofGooglenet('pool4', [64, 7, 7, 832]),
  all: () => ofGooglenet('data', [16, 227, 227, 3]),
};

async function ofGooglenet(input, shape) {
  const model = await googlenetEmbedding({
    input,
    weights: madeUpWeights(googlenet),
    embeddingDimension: 512,
    radius: 1,
    dropout: 0,
    sample: () => [tf.randomUniform([4, ...shape.slice(1)], 0, 1, 'float32', 1)],
    random,
  });
  return { shape, model, optimizer: { name: 'adam', learningRate: 0.0001, weightDecay: 0, schedule: 'constant' } };
}

/** Of the right shapes: a step takes as long with them as with trained ones. */
function madeUpWeights(network) {
  const shapes = outputShapes(network);
  const layers = network.layers.filter(({ kind }) => kind === 'convolution' || kind === 'dense');
  return new Map(
    layers.map((layer) => {
      const shape = weightShape(layer, shapes.get(layer.input));
      const fanIn = shape[1] * shape[2] * shape[3];
      const filter = Float32Array.from({ length: shape[0] * fanIn }, () => random.normal() * Math.sqrt(2 / fanIn));
      return [layer.name, { shape, filter, bias: new Float32Array(shape[0]) }];
    }),
  );
}

const { shape, model, optimizer: options } = await tasks[task]();
const optimizer = new Optimizer(model.parameters, options);
const loss = nPairAngularLoss({ alphaDegrees: 45, lambda: 2 });
const labels = Int32Array.from({ length: shape[0] }, (_, row) => row >> 1);
const batch = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 0.1 * random.normal());

function step(i) {
  return tf.tidy(() => {
    const inputs = tf.tensor(batch, shape);
    const { value, grads } = tf.variableGrads(
      () => loss(model.embed(inputs, []), labels),
      model.parameters.map(({ variable }) => variable),
    );
    const lossValue = value.dataSync()[0];
    optimizer.apply(grads, i, Number(steps));
    return lossValue;
  });
}

const seconds = [];
const cpuSeconds = [];
let lossValue;
for (let i = -Math.min(8, Number(steps)); i < Number(steps); i++) {
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  lossValue = step(Math.max(0, i));
  if (i < 0) continue;
  const { user, system } = process.cpuUsage(cpuBefore);
  seconds.push((performance.now() - started) / 1000);
  cpuSeconds.push((user + system) / 1e6);
}
const version = `node ${process.versions.node}, tfjs ${tf.version_core} ${backend.name}`;
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds, version, result: { loss: lossValue } })}\n`);
process.exit(0);
