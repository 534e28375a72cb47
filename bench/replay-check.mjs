// Whole GoogLeNet trained on webgpu, eager and replayed from a recording: are the bits the same, and what does a step cost?
// Needs `npm run build` and nothing else: the weights are random, or KIT_DATA's.
//
//   KIT_BACKEND=webgpu node bench/replay-check.mjs [--batch 120] [--side 227] [--steps 5] [--timed 20] [--only replay|eager]
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
process.env.KIT_BACKEND ??= 'webgpu';
const { startBackend } = require('../dist/backends/start-backend.js');
const { deviceStep } = require('../dist/backends/device-step.js');
const { parameterUpdate } = require('../dist/backends/parameter-update.js');
const { googlenet } = require('../dist/models/googlenet.js');
const { tensorNetwork } = require('../dist/models/tensor-network.js');
const { onSphere } = require('../dist/models/sphere.js');
const { outputShapes, weightShape } = require('../dist/models/network.js');
const { readWeights } = require('../dist/models/read-weights.js');
const { SeededRandom } = require('../dist/seeded-random.js');
const tf = require('@tensorflow/tfjs');

const text = (value) => ({ type: 'string', default: value });
const { values: options } = parseArgs({
  options: { batch: text('120'), side: text('227'), steps: text('5'), timed: text('20'), only: text('') },
});
const [batch, side, steps, timed] = ['batch', 'side', 'steps', 'timed'].map((name) => Number(options[name]));
const DIMENSION = 512;
const gib = (bytes) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

function normals(count, seed, scale) {
  const random = new SeededRandom(seed);
  return Float32Array.from({ length: count }, () => random.normal() * scale);
}

/** He's normal initialisation. */
function randomWeights() {
  const shapes = outputShapes(googlenet);
  const weights = new Map();
  for (const layer of googlenet.layers) {
    if (layer.kind !== 'convolution') continue;
    const shape = weightShape(layer, shapes.get(layer.input));
    const fanIn = shape[1] * shape[2] * shape[3];
    const filter = normals(shape[0] * fanIn, layer.name, Math.sqrt(2 / fanIn));
    weights.set(layer.name, { shape, filter, bias: new Float32Array(shape[0]) });
  }
  return weights;
}

const path = process.env.KIT_DATA && join(process.env.KIT_DATA, 'googlenet');
const weights = path && existsSync(path) ? readWeights(googlenet, path).layers : randomWeights();

/** N-pair & angular (45 degrees, twice its weight) of unit vectors, whose exponents need no shift. */
function lossOf(embeddings) {
  const pairs = batch / 2;
  const [anchors, positives] = tf.unstack(embeddings.reshape([pairs, 2, DIMENSION]), 1);
  const others = tf.ones([pairs, pairs]).sub(tf.eye(pairs));
  const own = anchors.mul(positives).sum(1, true);
  const softplus = (f) => f.exp().mul(others).sum(1).add(1).log().mean();
  const nPair = softplus(tf.matMul(anchors, positives, false, true).sub(own));
  const products = tf.matMul(anchors.add(positives), positives, false, true);
  return nPair.add(softplus(products.mul(4).sub(own.mul(4))).mul(2));
}

function training() {
  const trunk = tensorNetwork(googlenet, weights, { from: 'data', to: ['pool5/7x7_s1'] });
  const head = tf.tidy(() => tf.variable(tf.tensor2d(normals(1024 * DIMENSION, 'head', 1 / 32), [1024, DIMENSION])));
  const variables = [...trunk.parameters.map(({ variable }) => variable), head];
  const update = parameterUpdate({ rule: 'adam', variables, groups: variables.map(() => 0) });
  return {
    variables,
    inputs: [
      { shape: [batch, side, side, 3], dtype: 'float32' },
      { shape: [1, 3], dtype: 'float32' },
    ],
    body: ([pictures, rates]) => {
      const { value, grads } = tf.variableGrads(
        () => tf.tidy(() => lossOf(onSphere(tf.matMul(trunk.run(pictures, null)[0], head), 1))),
        variables,
      );
      update.apply(variables.map(({ name }) => grads[name]), rates);
      return [value];
    },
    dispose: () => {
      trunk.dispose();
      head.dispose();
      update.dispose();
    },
  };
}

/** The step without a recording, as a DeviceStep. */
function eagerStep({ inputs, body }) {
  let outputs = [];
  return {
    run: async (arrays) => {
      tf.dispose(outputs);
      const tensors = () => arrays.map((values, i) => tf.tensor(values, inputs[i].shape, inputs[i].dtype));
      outputs = tf.tidy(() => [...body(tensors())]);
      return outputs;
    },
    dispose: () => tf.dispose(outputs),
  };
}

const pictures = [0, 1, 2].map((seed) => {
  const values = new Float32Array(batch * side * side * 3);
  let state = seed + 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    values[i] = (state >>> 24) - 128;
  }
  return values;
});
const inputsAt = (step) => {
  const t = step + 1;
  return [pictures[step % 3], new Float32Array([1e-5 / (1 - 0.9 ** t), 1 / Math.sqrt(1 - 0.999 ** t), 0])];
};

async function measure(name, step, variables) {
  const before = tf.memory();
  const losses = [];
  for (let i = 0; i < steps; i++) {
    const began = performance.now();
    const [loss] = await step.run(inputsAt(i));
    losses.push((await loss.data())[0]);
    if (i === 0) console.log(`${name}: first step ${(performance.now() - began).toFixed(0)} ms`);
  }
  const trained = [];
  for (const variable of variables) trained.push(await variable.data());
  let last;
  const began = performance.now();
  for (let i = 0; i < timed; i++) [last] = await step.run(inputsAt(steps + i));
  await last.data();
  const whole = (performance.now() - began) / timed;
  const after = tf.memory();
  console.log(
    `${name}: ${whole.toFixed(1)} ms a step (${((1000 * batch) / whole).toFixed(0)} pictures/s); GPU memory ${gib(after.numBytesAllocatedInGPU - before.numBytesAllocatedInGPU)} taken for it; tensors ${before.numTensors} > ${after.numTensors}`,
  );
  return { losses, trained };
}

/** What the host alone does for a step: the device has nothing left from before. */
async function hostMs(step) {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const arrays = inputsAt(i);
    await tf.backend().queue.onSubmittedWorkDone();
    const began = performance.now();
    await step.run(arrays);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[2];
}

async function main() {
  const { device } = await startBackend();
  console.log(`${device}; batch ${batch}, ${side} pixels, ${path && existsSync(path) ? 'pretrained' : 'random'} weights`);
  const results = {};
  if (options.only !== 'eager') {
    const net = training();
    const step = deviceStep({ rows: batch, ...net });
    const began = performance.now();
    const planned = step.plannedBytes();
    console.log(`recording twice: ${(performance.now() - began).toFixed(0)} ms; planned ${gib(planned)}`);
    results.replay = await measure('replay', step, net.variables);
    console.log(`replay: host alone ${(await hostMs(step)).toFixed(1)} ms`);
    if (tf.backend().device.features.has('timestamp-query')) {
      const times = await step.profile(inputsAt(0));
      const total = times.reduce((sum, { ms }) => sum + ms, 0);
      const calls = times.reduce((sum, own) => sum + own.calls, 0);
      console.log(`replay: each dispatch timed by itself, on the GPU ${total.toFixed(1)} ms in ${calls} dispatches`);
      for (const { name, calls, ms } of times.slice(0, 30))
        console.log(`  ${ms.toFixed(2).padStart(8)} ms ${String(calls).padStart(5)} ${name}`);
    }
    step.dispose();
    net.dispose();
  }
  if (options.only !== 'replay') {
    const net = training();
    const step = eagerStep(net);
    results.eager = await measure('eager', step, net.variables);
    console.log(`eager: host alone ${(await hostMs(step)).toFixed(1)} ms`);
    step.dispose();
    net.dispose();
  }
  if (results.eager && results.replay) {
    const { eager, replay } = results;
    const same = (a, b) => Buffer.compare(new Uint8Array(a.buffer), new Uint8Array(b.buffer)) === 0;
    const unequal = eager.trained.filter((values, i) => !same(values, replay.trained[i])).length;
    const equal = unequal === 0 && eager.losses.every((loss, i) => Object.is(loss, replay.losses[i]));
    console.log(`losses eager  ${eager.losses.join(' ')}\nlosses replay ${replay.losses.join(' ')}`);
    console.log(`${equal ? 'EQUAL' : `NOT EQUAL: ${unequal} of ${eager.trained.length} parameters`} after ${steps} steps`);
    process.exitCode = equal ? 0 : 1;
  }
}

main().then(
  // Dawn's threads may hold the process.
  () => process.exit(),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
