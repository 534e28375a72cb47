// What one undecided unit does to the gradients of all layers: the check of a GPU (`bench/webgpu-check.mjs network`)
// finds layers whose gradients differ by more than rounding. Here, on one engine, what rounding could have decided
// otherwise is decided otherwise: of each convolution named the unit nearest to ReLU's zero, of each max-pool named the
// window whose two largest values are nearest to each other. Every gradient is compared with what it was, beside what
// the check found.
//   KIT_BACKEND=wasm KIT_DATA=... node bench/undecided-units.mjs inception_4b/pool_proj pool2/3x3_s2 [--pictures 8]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import tf from '@tensorflow/tfjs';
import { startBackend } from '../dist/backends/start-backend.js';
import { nPairAngularLoss } from '../dist/index.js';
import { googlenet } from '../dist/models/googlenet.js';
import { embedding, inputTensor, inputValues, pictureBytes, relative, weights, wrapKernel } from './gpu-subjects.mjs';

const { values: options, positionals: targets } = parseArgs({
  allowPositionals: true,
  options: { pictures: { type: 'string', default: '8' } },
});
const count = Number(options.pictures);
const backend = await startBackend();
const { bytes, areReal } = await pictureBytes(count);
if (!areReal) throw new Error('KIT_DATA has no pictures of Cars-196');

const named = (kind) => googlenet.layers.filter((layer) => layer.kind === kind).map(({ name }) => name);
const layersOf = { Relu: named('convolution'), MaxPool: named('max-pool') };
const unknown = targets.find((name) => !layersOf.Relu.includes(name) && !layersOf.MaxPool.includes(name));
if (unknown !== undefined) throw new Error(`GoogLeNet has no convolution or max-pool ${unknown}`);

/** By layer: the unit nearest to zero before its ReLU, or its most undecided window. */
const undecided = new Map();
let phase = 'off';
let passed = { Relu: 0, MaxPool: 0 };

wrapKernel('Relu', (call, next) => {
  const name = layersOf.Relu[passed.Relu++];
  if (phase === 'watch' && targets.includes(name)) undecided.set(name, nearestToZero(call));
  return next(call);
});
wrapKernel('MaxPool', (call, next) => {
  const name = layersOf.MaxPool[passed.MaxPool++];
  if (phase === 'watch' && targets.includes(name)) undecided.set(name, nearestMaxima(call));
  if (phase === 'change' && undecided.has(name)) undecided.get(name).dataId = call.inputs.x.dataId;
  return next(call);
});
wrapKernel('MaxPoolGrad', (call, next) => {
  const { input } = call.inputs;
  const window = [...undecided.values()].find(({ dataId }) => dataId !== undefined && dataId === input.dataId);
  if (window === undefined) return next(call);
  const values = call.backend.readSync(input.dataId).slice();
  values[window.second] = values[window.first] * (1 + 1e-6);
  const changed = tf.tensor(values, input.shape);
  const result = next({ ...call, inputs: { ...call.inputs, input: changed } });
  changed.dispose();
  return result;
});

function nearestToZero({ inputs: { x }, backend: engine }) {
  const values = engine.readSync(x.dataId);
  let at = 0;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) < Math.abs(values[at])) at = i;
    largest = Math.max(largest, Math.abs(values[i]));
  }
  return { value: values[at], channel: at % x.shape.at(-1), units: values.length, largest };
}

/** Of windows whose largest value is above zero: what is no larger is cut off by the ReLU before. */
function nearestMaxima({ inputs: { x }, attrs, backend: engine }) {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const pool = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, 'max', dimRoundingMode);
  const values = engine.readSync(x.dataId);
  let closest = { gap: Number.POSITIVE_INFINITY };
  let close = 0;
  for (let place = 0; place < tf.util.sizeFromShape(pool.outShape); place++) {
    const channel = place % pool.inChannels;
    const column = Math.floor(place / pool.inChannels) % pool.outWidth;
    const row = Math.floor(place / pool.inChannels / pool.outWidth) % pool.outHeight;
    const picture = Math.floor(place / pool.inChannels / pool.outWidth / pool.outHeight);
    let [first, second] = [-1, -1];
    for (let tap = 0; tap < pool.filterHeight * pool.filterWidth; tap++) {
      const y = row * pool.strideHeight - pool.padInfo.top + Math.floor(tap / pool.filterWidth);
      const z = column * pool.strideWidth - pool.padInfo.left + (tap % pool.filterWidth);
      if (y < 0 || y >= pool.inHeight || z < 0 || z >= pool.inWidth) continue;
      const at = ((picture * pool.inHeight + y) * pool.inWidth + z) * pool.inChannels + channel;
      if (first < 0 || values[at] > values[first]) [first, second] = [at, first];
      else if (second < 0 || values[at] > values[second]) second = at;
    }
    const gap = (values[first] - values[second]) / values[first];
    if (values[second] > 0 && gap < 1e-6) close++;
    if (values[second] > 0 && gap < closest.gap) closest = { gap, first, second, channel, value: values[first] };
  }
  return { ...closest, close, windows: tf.util.sizeFromShape(pool.outShape) };
}

const pictures = inputTensor('data', count, tf.tensor1d(inputValues('data', count, bytes), 'int32'));
const model = await embedding('data', weights().layers, pictures.clone());
const loss = nPairAngularLoss({ alphaDegrees: 45, lambda: 2 });
const labels = Int32Array.from({ length: count }, (_, row) => row >> 1);

/** Of the loss: value, and gradient of every parameter by name. */
function evaluate() {
  passed = { Relu: 0, MaxPool: 0 };
  const variables = model.parameters.map(({ variable }) => variable);
  const { value, grads } = tf.variableGrads(() => loss(model.embed(pictures, []), labels), variables);
  const gradients = model.parameters.map(({ name, variable }) => [name, grads[variable.name].dataSync().slice()]);
  const result = { value: value.dataSync()[0], gradients: new Map(gradients) };
  tf.dispose([value, ...Object.values(grads)]);
  return result;
}

phase = 'watch';
const before = evaluate();
phase = 'change';

console.log(`GoogLeNet, ${count} pictures, N-pair & angular, ${backend.name} on ${backend.device}`);
for (const name of targets) {
  const unit = undecided.get(name);
  if (unit.gap !== undefined) {
    console.log(
      `${name}: of ${unit.windows} windows ${unit.close} have their two largest values within 1e-6 of each other, closest ${unit.gap.toExponential(1)} in channel ${unit.channel}, ${unit.value.toFixed(1)}; there the second taken`,
    );
    continue;
  }
  const bias = model.parameters.find((parameter) => parameter.name === `${name}/bias`).variable;
  const values = bias.dataSync().slice();
  values[unit.channel] -= 2 * unit.value;
  bias.assign(tf.tensor1d(values));
  console.log(
    `${name}: of ${unit.units} units one of channel ${unit.channel} is at ${unit.value.toExponential(1)}, the largest at ${unit.largest.toFixed(0)}; put on the other side`,
  );
}
const after = evaluate();
console.log(`loss ${before.value} before, ${after.value} after\n`);

const found = new Map(
  readFileSync(new URL('../results/bench/gpu/check-h200-apart.txt', import.meta.url), 'utf8')
    .split('\n')
    .flatMap((line) => [line.match(/GoogLeNet: d (\S+) +(\S+)/)].filter((match) => match !== null))
    .map(([, name, difference]) => [name, difference]),
);
console.log('largest difference by largest value       here     the check');
for (const [name, expected] of before.gradients) {
  const difference = relative(expected, after.gradients.get(name));
  console.log(`${name.padEnd(40)}  ${difference.toExponential(1)}  ${found.get(name) ?? ''}`);
}
