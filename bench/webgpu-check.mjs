// Holds the WebGPU kernels against other backends and prints a table; exit code 1 where one differs by more than it may.
//   KIT_BACKEND=webgpu node bench/webgpu-check.mjs [kernels] [tiles] [sums] [losses] [network] [repeat] [--pictures 8]
// `network` needs GoogLeNet's weights (KIT_DATA) and is left out without them: made-up ones give features so alike that
// rounding grows beyond the bound. Without pictures noise is taken, and it says so. The reference of `network` takes over
// the outputs that this engine gave its layers, so that both decide alike at every ReLU's zero and between equal values of
// a max-pool: what is left are the engines' own differences, layer by layer.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import tf from '@tensorflow/tfjs';
import { convolution } from '../dist/backends/convolution.js';
import { overwrite } from '../dist/backends/overwrite.js';
import { parameterUpdate } from '../dist/backends/parameter-update.js';
import { packBytes, picturesFromBytes } from '../dist/backends/pictures-from-bytes.js';
import { startBackend } from '../dist/backends/start-backend.js';
import { forceTiling, TILES, tileName } from '../dist/backends/webgpu/kernels/tiles.js';
import * as losses from '../dist/index.js';
import { googlenet } from '../dist/models/googlenet.js';
import { outputShapes } from '../dist/models/network.js';
import { tensorNetwork } from '../dist/models/tensor-network.js';
import { SeededRandom } from '../dist/seeded-random.js';
import { embedding, inputTensor, inputValues, pictureBytes, relative, SIDE, weights, wrapKernel } from './gpu-subjects.mjs';

const { values: options, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'string', default: '8' },
    /** Writes what it computes to this file instead of comparing: how the reference is made, in a process of its own. */
    write: { type: 'string' },
    /** The reference's: a folder of the layers' outputs that it takes over. */
    outputs: { type: 'string' },
  },
});
const { layers, areReal: hasWeights } = weights();
if (parts.includes('network') && !hasWeights) {
  console.log("network needs GoogLeNet's weights: KIT_DATA names the folder that holds googlenet/weights");
  process.exit(1);
}
const wanted = (part) => (parts.length === 0 || parts.includes(part)) && (part !== 'network' || hasWeights);
let failures = 0;

function row(name, difference, allowed, note = '') {
  const isRight = difference <= allowed;
  if (!isRight) failures++;
  console.log(`${isRight ? 'ok   ' : 'WRONG'} ${name.padEnd(58)} ${difference.toExponential(1)}  ${note}`);
}

/** How many values differ by more than 1e-5 of the largest, and the difference of the whole by its length. */
function far(expected, actual) {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  let count = 0;
  let [squares, all] = [0, 1e-60];
  for (let i = 0; i < expected.length; i++) {
    const difference = expected[i] - actual[i];
    if (Math.abs(difference) > 1e-5 * largest) count++;
    squares += difference ** 2;
    all += expected[i] ** 2;
  }
  return `${count} of ${expected.length} beyond 1e-5, whole ${Math.sqrt(squares / all).toExponential(1)}`;
}

function normal(shape, seed, shift = 0) {
  const random = new SeededRandom(seed);
  return tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal() + shift), shape);
}

// [pictures, height, width, channels, filters, size, stride, padding]
const CONVOLUTIONS = [
  [2, 12, 10, 8, 16, 1, 1, 0],
  [2, 12, 10, 16, 132, 3, 1, 1],
  [1, 13, 9, 24, 36, 5, 1, 2],
  [2, 17, 15, 3, 64, 7, 2, 3],
  [2, 8, 8, 12, 20, 3, 1, 1],
  [2, 9, 9, 8, 8, 3, 2, 1],
  [2, 7, 7, 5, 6, 3, 1, 1],
];
const convolutionCases = () =>
  CONVOLUTIONS.map(([n, height, width, channels, filters, size, stride, padding]) => ({
    name: `convolution ${size}x${size}/${stride}, ${channels} to ${filters}, ${height}x${width}`,
    inputs: [
      normal([n, height, width, channels], 'x'),
      normal([size, size, channels, filters], 'filter'),
      normal([filters], 'bias'),
    ],
    run: (x, filter, bias) => convolution({ x, filter, bias, stride, padding }),
  }));

function kernelCases() {
  const border = [[0, 0], [0, 1], [0, 1], [0, 0]];
  const pools = [[2, 2, 'valid'], [3, 2, border], [3, 1, 'same'], [3, 2, 'same']];
  const tied = (shape, seed) => tf.tidy(() => normal(shape, seed).mul(2).round());
  return [
    ...convolutionCases(),
    ...[[1, 'same'], [2, 'valid'], [2, 'same']].map(([stride, pad]) => ({
      name: `tf.conv2d 3x3/${stride}, ${pad}`,
      inputs: [normal([2, 9, 8, 4], 'x'), normal([3, 3, 4, 8], 'filter')],
      run: (x, filter) => tf.conv2d(x, filter, stride, pad),
    })),
    ...pools.flatMap(([size, stride, pad]) =>
      [8, 3].flatMap((channels) =>
        [0, -20].map((shift) => ({
          name: `max-pool ${size}x${size}/${stride}, ${JSON.stringify(pad)}, ${channels} channels, around ${shift}, ties`,
          inputs: [tied([2, 9, 8, channels], 'pool').add(shift)],
          run: (x) => tf.maxPool(x, size, stride, pad),
        })),
      ),
    ),
    ...[[8, 1e-2], [64, 2e-5]].map(([channels, alpha]) => ({
      name: `local response normalization, ${channels} channels, alpha ${alpha}`,
      inputs: [normal([2, 5, 4, channels], 'lrn').mul(20)],
      run: (x) => tf.localResponseNormalization(x, 2, 1, alpha, 0.75),
    })),
    ...[[40, 50, 60], [52, 64, 36], [120, 256, 128]].flatMap(([m, k, n]) =>
      [[false, false], [true, false], [false, true], [true, true]].map(([a, b]) => ({
        name: `matrix product ${m}x${k}x${n}${a ? ', first transposed' : ''}${b ? ', second transposed' : ''}`,
        inputs: [normal(a ? [k, m] : [m, k], 'left'), normal(b ? [n, k] : [k, n], 'right')],
        run: (x, y) => tf.matMul(x, y, a, b),
      })),
    ),
  ];
}

/** Value and gradients of each case. */
async function evaluate(cases) {
  const all = [];
  for (const { inputs, run } of cases) {
    const before = tf.memory().numTensors;
    const results = tf.tidy(() => {
      const value = run(...inputs);
      const weights = normal(value.shape, 'weights');
      return [value, ...tf.grads((...xs) => run(...xs).mul(weights).sum())(inputs)];
    });
    all.push(await Promise.all(results.map((tensor) => tensor.data())));
    tf.dispose(results);
    if (tf.memory().numTensors !== before) throw new Error('a tensor was left behind');
  }
  return all;
}

const NAMES = ['value', 'd first', 'd second', 'd third'];
function compareAll(cases, expected, actual, prefix = '') {
  for (const [i, { name }] of cases.entries()) {
    const differences = expected[i].map((values, j) => relative(values, actual[i][j]));
    const worst = Math.max(...differences);
    row(prefix + name, worst, 5e-6, differences.map((d, j) => `${NAMES[j]} ${d.toExponential(1)}`).join(', '));
  }
}

/** Every loss with its gradient, and the whole network with its: name and values each. */
async function* subjects() {
  if (wanted('losses')) {
    const points = tf.tidy(() => normal([64, 48], 'embeddings').mul(0.3));
    const labels = Int32Array.from({ length: 64 }, (_, row) => row >> 1);
    const random = new SeededRandom('proxies');
    const proxies = { classes: [...new Set(labels)], dimension: 48, random };
    const all = {
      triplet: losses.tripletLoss(),
      contrastive: losses.contrastiveLoss(),
      'lifted structure': losses.liftedStructureLoss(),
      'N-pair': losses.nPairLoss({ l2: 0.02 }),
      angular: losses.angularLoss({ alphaDegrees: 45 }),
      'angular, all classes': losses.angularLoss({ alphaDegrees: 45, negatives: 'other-classes' }),
      'N-pair & angular': losses.nPairAngularLoss({ alphaDegrees: 45, lambda: 2 }),
      'multi-similarity': losses.multiSimilarityLoss(),
      margin: losses.marginLoss(),
      'Proxy-NCA': losses.proxyNcaLoss(proxies),
      'Proxy Anchor': losses.proxyAnchorLoss(proxies),
    };
    for (const [name, loss] of Object.entries(all)) {
      const { value, grad } = tf.valueAndGrad((x) => loss(x, labels))(points);
      yield { name: `loss ${name}`, values: [await value.data(), await grad.data()] };
      tf.dispose([value, grad]);
    }
  }
  if (wanted('network')) {
    const count = Number(options.pictures);
    const { bytes, areReal } = await pictureBytes(count);
    if (!areReal) console.log('the pictures are noise: KIT_DATA has none');
    const pictures = tf.tidy(() => inputTensor('data', count, tf.tensor1d(inputValues('data', count, bytes), 'int32')));
    const model = await embedding('data', layers, pictures.clone());
    const takenOver = options.outputs === undefined ? [] : takeOver(options.outputs);
    const loss = losses.nPairAngularLoss({ alphaDegrees: 45, lambda: 2 });
    const labels = Int32Array.from({ length: count }, (_, row) => row >> 1);
    const variables = model.parameters.map(({ variable }) => variable);
    const { value, grads } = tf.variableGrads(() => loss(model.embed(pictures, []), labels), variables);
    yield { name: `GoogLeNet, ${count} pictures: loss`, values: [await value.data()] };
    for (const { name, variable } of model.parameters)
      yield { name: `GoogLeNet: d ${name}`, values: [await grads[variable.name].data()] };
    for (const layer of takenOver) yield { ...layer, values: [] };
    tf.dispose([value, ...Object.values(grads), pictures]);
    model.dispose();
  }
}

/** The layers where something is decided: by a ReLU after them, or by a max-pool of what they give. */
const decided = () => {
  const pooled = googlenet.layers.filter(({ kind }) => kind === 'max-pool').map(({ input }) => input);
  return googlenet.layers.filter(({ kind, name }) => kind === 'convolution' || pooled.includes(name)).map(({ name }) => name);
};
const fileOf = (folder, name) => join(folder, `${name.replaceAll('/', '-')}.f32`);

/** What this engine's layers give of the pictures, a file each. */
async function writeOutputs(folder) {
  const count = Number(options.pictures);
  const { bytes } = await pictureBytes(count);
  const network = tensorNetwork(googlenet, layers, { from: 'data', to: decided() });
  const pictures = tf.tidy(() => inputTensor('data', count, tf.tensor1d(inputValues('data', count, bytes), 'int32')));
  const outputs = network.run(pictures);
  for (const [i, name] of decided().entries()) {
    const values = Float32Array.from(await outputs[i].data());
    writeFileSync(fileOf(folder, name), new Uint8Array(values.buffer));
  }
  tf.dispose([pictures, ...outputs]);
  network.dispose();
}

/**
 * From now on wasm's ReLUs and max-pools see the outputs of the folder in place of their own.
 *
 * @returns filled by the next pass: how far each convolution's own output, of inputs taken over, is from the other's, and
 *   of how many units the two lie on two sides of zero
 */
function takeOver(folder) {
  const convolutions = googlenet.layers.filter(({ kind }) => kind === 'convolution');
  const pools = googlenet.layers.filter(({ kind }) => kind === 'max-pool');
  const read = (name) => new Float32Array(Uint8Array.from(readFileSync(fileOf(folder, name))).buffer);
  const seen = [];
  let [relus, maxima] = [0, 0];
  const atRelu = ({ inputs: { x }, backend: wasm }) => {
    const layer = convolutions[relus++];
    if (layer === undefined) return;
    const [own, others] = [wasm.typedArrayFromHeap(x), read(layer.name)];
    if (own.length !== others.length) throw new Error(`${layer.name} has ${own.length} outputs, ${others.length} there`);
    let flips = 0;
    const before = Float32Array.from(own, (value) => Math.max(0, value));
    for (let i = 0; i < own.length; i++) {
      if (own[i] > 0 !== others[i] > 0) flips++;
      // Of what the other cut off only the sign is known.
      own[i] = others[i] > 0 ? others[i] : Math.min(own[i], 0);
    }
    seen.push({ name: `GoogLeNet: ${layer.name}`, difference: relative(others, before), flips, units: own.length });
  };
  const atMaxPool = ({ inputs: { x }, backend: wasm }) => {
    const layer = pools[maxima++];
    if (layer === undefined) return;
    const others = read(layer.input);
    const [, rows, columns] = outputShapes(googlenet, SIDE).get(layer.input);
    const [, height, width, channels] = x.shape;
    const own = wasm.typedArrayFromHeap(x);
    // A border, where there is one, stands after the last row and column.
    for (let i = 0; i < others.length; i++) {
      const at = Math.floor(i / channels);
      const [picture, row, column] = [Math.floor(at / columns / rows), Math.floor(at / columns) % rows, at % columns];
      own[((picture * height + row) * width + column) * channels + (i % channels)] = others[i];
    }
  };
  for (const [name, look] of Object.entries({ Relu: atRelu, MaxPool: atMaxPool })) {
    wrapKernel(name, (call, next) => {
      look(call);
      return next(call);
    });
  }
  return seen;
}


if (options.write) {
  await startBackend();
  const saved = [];
  for await (const { values, ...subject } of subjects())
    saved.push({ ...subject, values: values.map((array) => Buffer.from(Float32Array.from(array).buffer).toString('base64')) });
  writeFileSync(options.write, JSON.stringify(saved));
  process.exit(0);
}

/** The same on wasm, in a process of its own: kernels and gradients are registered for a whole process. */
async function reference() {
  const folder = mkdtempSync(join(tmpdir(), 'kit-check-'));
  const path = join(folder, 'reference.json');
  const self = fileURLToPath(import.meta.url);
  if (wanted('network')) await writeOutputs(folder);
  const outputs = wanted('network') ? ['--outputs', folder] : [];
  const { status } = spawnSync(process.execPath, [self, ...parts, '--pictures', options.pictures, '--write', path, ...outputs], {
    stdio: 'inherit',
    env: { ...process.env, KIT_BACKEND: 'wasm' },
  });
  if (status !== 0) throw new Error('the reference on wasm failed');
  const saved = JSON.parse(readFileSync(path, 'utf8'));
  rmSync(folder, { recursive: true });
  const decode = (text) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
  return new Map(saved.map(({ name, values, ...layer }) => [name, { ...layer, values: values.map(decode) }]));
}

// The reference comes first, from the plain `cpu` backend, before ours is started.
const expectedKernels = {};
if (wanted('kernels') || wanted('tiles')) {
  await tf.setBackend('cpu');
  if (wanted('kernels')) expectedKernels.all = await evaluate(kernelCases());
  if (wanted('tiles')) expectedKernels.tiles = await evaluate(convolutionCases());
}
process.env.KIT_BACKEND ??= 'webgpu';
const backend = await startBackend();
console.log(`${backend.name} on ${backend.device}`);
if (!hasWeights) console.log("without GoogLeNet's weights (KIT_DATA) the network is left out");

if (wanted('kernels')) {
  const cases = kernelCases();
  compareAll(cases, expectedKernels.all, await evaluate(cases));
  await checkPictures();
  await checkUpdates();
}
if (wanted('tiles')) {
  const cases = convolutionCases();
  for (const tile of TILES) {
    for (const splits of [1, 4]) {
      forceTiling({ tile, splits });
      const actual = await evaluate(cases);
      const worst = Math.max(
        ...cases.flatMap((_, i) => expectedKernels.tiles[i].map((values, j) => relative(values, actual[i][j]))),
      );
      row(`tile ${tileName(tile)}, ${splits} splits`, worst, 5e-6, `worst of ${cases.length} convolutions`);
    }
  }
  forceTiling(null);
}

if (wanted('sums')) await checkSums();
if (wanted('losses') || wanted('network')) {
  const expected = await reference();
  for (const [name, { difference, flips, units }] of expected)
    if (difference !== undefined) row(name, difference, 1e-5, `${flips} of ${units} units on ReLU's other side`);
  for await (const { name, values } of subjects()) {
    const wantedValues = expected.get(name).values;
    const differences = wantedValues.map((array, i) => relative(array, values[i]));
    row(name, Math.max(...differences), 1e-5, wantedValues.map((array, i) => far(array, values[i])).join(', '));
  }
}
if (wanted('repeat')) await checkRepeat();
console.log(failures === 0 ? 'all right' : `${failures} WRONG`);
process.exit(failures === 0 ? 0 : 1);

/** The longest sums of all, a first convolution's filter gradient, against float64. */
async function checkSums() {
  const count = Math.min(4, Number(options.pictures));
  const { bytes } = await pictureBytes(count);
  const x = tf.tidy(() => inputTensor('data', count, tf.tensor1d(inputValues('data', count, bytes), 'int32')));
  const out = 114;
  const dy = normal([count, out, out, 64], 'dy');
  const filterShape = [7, 7, 3, 64];
  const pad = [[0, 0], [3, 3], [3, 3], [0, 0]];
  const result = tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, { strides: [2, 2], pad, dataFormat: 'NHWC', filterShape });
  const [pixels, weightsOf, actual] = await Promise.all([x.data(), dy.data(), result.data()]);
  tf.dispose([x, dy, result]);
  const expected = new Float64Array(7 * 7 * 3 * 64);
  for (let place = 0; place < count * out * out; place++) {
    const picture = Math.floor(place / (out * out));
    const top = 2 * Math.floor((place % (out * out)) / out) - 3;
    const left = 2 * (place % out) - 3;
    for (let tap = 0; tap < 49; tap++) {
      const [row, column] = [top + Math.floor(tap / 7), left + (tap % 7)];
      if (row < 0 || row >= SIDE || column < 0 || column >= SIDE) continue;
      for (let c = 0; c < 3; c++) {
        const value = pixels[((picture * SIDE + row) * SIDE + column) * 3 + c];
        for (let o = 0; o < 64; o++) expected[(tap * 3 + c) * 64 + o] += value * weightsOf[place * 64 + o];
      }
    }
  }
  row(`filter gradient of conv1, ${count} pictures, against float64`, relative(expected, actual), 3e-6);
}

/** Ten steps in place twice: the same bits. */
async function checkRepeat() {
  const runs = [];
  for (let time = 0; time < 2; time++) {
    const [x, dy] = [normal([2, 14, 14, 64], 'x'), normal([2, 14, 14, 96], 'dy')];
    const [filter, bias] = [tf.variable(normal([3, 3, 64, 96], 'filter')), tf.variable(normal([96], 'bias'))];
    const update = parameterUpdate({ rule: 'adam', variables: [filter, bias], groups: [0, 0] });
    for (let i = 0; i < 10; i++) {
      tf.tidy(() => {
        const loss = () => convolution({ x, filter, bias, stride: 1, padding: 1 }).mul(dy).sum();
        const { grads } = tf.variableGrads(loss, [filter, bias]);
        update.apply([grads[filter.name], grads[bias.name]], tf.tensor2d([[0.01, 1.5, 0]]));
      });
    }
    runs.push(Float32Array.from(await filter.data()));
    update.dispose();
    tf.dispose([x, dy, filter, bias]);
  }
  row('ten steps twice: the same bits', Buffer.compare(Buffer.from(runs[0].buffer), Buffer.from(runs[1].buffer)) === 0 ? 0 : 1, 0);
}

async function checkPictures() {
  const bytes = Uint8Array.from({ length: 2 * 5 * 3 * 3 }, (_, i) => (i * 37) % 256);
  const expected = Float32Array.from(bytes, (_, i) => bytes[i - (i % 3) + 2 - (i % 3)] - [104, 117, 123][i % 3]);
  const result = tf.tidy(() => picturesFromBytes(tf.tensor1d(packBytes(bytes), 'int32'), [2, 5, 3, 3]));
  row('pictures from bytes', relative(expected, await result.data()), 0);
  result.dispose();
}

/** The same steps on the host, in float64. */
function updatedOnHost(rule, values, gradients, steps) {
  const [value, first, second] = [Float64Array.from(values), new Float64Array(values.length), new Float64Array(values.length)];
  for (const [rate, factor, decay] of steps) {
    for (let i = 0; i < value.length; i++) {
      const g = gradients[i];
      if (rule === 'adam') {
        first[i] = 0.9 * first[i] + 0.1 * g;
        second[i] = 0.999 * second[i] + 0.001 * g * g;
        value[i] -= decay * value[i] + (rate * first[i]) / (Math.sqrt(second[i]) * factor + 1e-8);
      } else {
        first[i] = factor * first[i] + g + decay * value[i];
        value[i] -= rate * first[i];
      }
    }
  }
  return rule === 'adam' ? [value, first, second] : [value, first];
}

async function checkUpdates() {
  const n = 1003;
  const [initial, gradient] = [normal([n], 'v'), normal([n], 'g')];
  const [values, gradients] = [await initial.data(), await gradient.data()];
  for (const [rule, steps] of [
    ['adam', [[0.01, 31.6, 1e-5], [0.005, 22.4, 1e-5], [0.004, 18.3, 1e-5]]],
    ['sgd', [[0.01, 0.9, 5e-4], [0.02, 0.9, 5e-4], [0.01, 0.9, 5e-4]]],
  ]) {
    // A variable shares the values of the tensor that it is made from.
    const variable = tf.variable(initial.mul(1));
    const update = parameterUpdate({ rule, variables: [variable], groups: [1] });
    for (const step of steps) update.apply([gradient], tf.tensor2d([9, 9, 9, ...step], [2, 3]));
    const expected = updatedOnHost(rule, values, gradients, steps);
    const actual = [await variable.data(), ...(await update.moments())];
    const names = ['values', 'first moments', 'second moments'];
    for (const [i, wantedValues] of expected.entries())
      row(`${rule} in place, three steps: ${names[i]}`, relative(wantedValues, actual[i]), 1e-6);
    const saved = await update.moments();
    update.restore(saved.map((moment) => moment.map((value) => 2 * value)));
    row(`${rule} in place: restored`, relative(saved[0].map((value) => 2 * value), (await update.moments())[0]), 0);
    const place = tf.backend().tensorMap.get(variable.dataId).resource;
    overwrite(variable, gradient);
    const stays = tf.backend().tensorMap.get(variable.dataId).resource === place;
    row(`${rule}: overwritten where it lies`, stays ? relative(gradients, await variable.data()) : Infinity, 0);
  }
}
