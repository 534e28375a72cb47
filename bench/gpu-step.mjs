// Times training steps of GoogLeNet on this machine's GPU: node bench/gpu-step.mjs [--batches 64,120] [--steps 30] [--inputs data,pool4,pool5] [--tilings tilings.json] [--no-profile]
// Prints medians, the host's share, and the GPU's time by kind of kernel. KIT_BACKEND chooses the backend, default webgpu.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import tf from '@tensorflow/tfjs';
import { deviceStep } from '../dist/backends/device-step.js';
import { startBackend } from '../dist/backends/start-backend.js';
import { useMeasuredTilings } from '../dist/backends/webgpu/kernels/tiles.js';
import { nPairAngularLoss } from '../dist/losses/n-pair-angular-loss.js';
import { Optimizer } from '../dist/training/optimizer.js';
import { embedding, INPUTS, inputTensor, inputValues, pictureBytes, weights } from './gpu-subjects.mjs';

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    batches: { type: 'string', default: '64,120' },
    steps: { type: 'string', default: '30' },
    inputs: { type: 'string', default: 'data,pool4,pool5' },
    tilings: { type: 'string' },
    profile: { type: 'boolean', default: true },
  },
});
const NAMES = { data: 'whole network', pool4: 'from 5a', pool5: 'head' };
const steps = Number(options.steps);
const batches = options.batches.split(',').map(Number);
process.env.KIT_BACKEND ??= 'webgpu';
const backend = await startBackend();
if (options.tilings) useMeasuredTilings(JSON.parse(readFileSync(options.tilings, 'utf8')));
const { layers, areReal } = weights();
const { bytes } = await pictureBytes(Math.max(...batches));
console.log(`${backend.name} on ${backend.device}; ${areReal ? 'BVLC weights' : 'made-up weights'}`);

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const gib = (value) => (value == null ? 'unknown' : `${(value / 2 ** 30).toFixed(2)} GiB`);

for (const input of options.inputs.split(',')) {
  for (const batch of batches) {
    const packed = inputValues(input, batch, bytes);
    const few = inputValues(input, 4, bytes);
    const sample = tf.tidy(() => inputTensor(input, 4, input === 'data' ? tf.tensor1d(few, 'int32') : tf.tensor1d(few)));
    const model = await embedding(input, layers, sample);
    const optimizer = new Optimizer(model.parameters, { name: 'adam', learningRate: 1e-6, weightDecay: 0, schedule: 'constant' });
    const loss = nPairAngularLoss({ alphaDegrees: 45, lambda: 2 });
    const labels = Int32Array.from({ length: batch }, (_, row) => row >> 1);
    const step = deviceStep({
      rows: batch,
      inputs: [
        { shape: [packed.length], dtype: input === 'data' ? 'int32' : 'float32' },
        { shape: optimizer.ratesShape, dtype: 'float32' },
      ],
      body: ([values, rates]) => {
        const pictures = inputTensor(input, batch, values);
        const { value, grads } = tf.variableGrads(
          () => loss(model.embed(pictures, []), labels),
          model.parameters.map(({ variable }) => variable),
        );
        optimizer.update(grads, rates);
        return [value];
      },
    });
    const run = (i) => step.run([packed, optimizer.rates(i, steps)]);
    const began = performance.now();
    const [first] = await (await run(0))[0].data();
    const compiled = performance.now() - began;
    for (let i = 1; i < 4; i++) await (await run(i))[0].data();
    // Groups of five, of which only the last loss is read.
    const times = [];
    const host = [];
    let last;
    for (let group = 0; group < Math.ceil(steps / 5); group++) {
      const start = performance.now();
      const cpu = process.cpuUsage();
      let outputs;
      for (let i = 0; i < 5; i++) outputs = await run(4 + 5 * group + i);
      [last] = await outputs[0].data();
      times.push((performance.now() - start) / 5);
      const { user, system } = process.cpuUsage(cpu);
      host.push((user + system) / 1000 / 5);
    }
    const { numBytesAllocatedInGPU } = tf.memory();
    console.log(
      `\n${NAMES[input]}, ${batch} pictures: ${median(times).toFixed(2)} ms a step (${((1000 * batch) / median(times)).toFixed(0)} pictures/s), host ${median(host).toFixed(2)} ms of processor time, first ${(compiled / 1000).toFixed(1)} s, loss ${first.toFixed(5)} > ${last.toFixed(5)}, planned ${gib(step.plannedBytes())}, allocated ${gib(numBytesAllocatedInGPU)}`,
    );
    if (options.profile) {
      const profile = await step.profile([packed, optimizer.rates(steps, steps)]);
      const total = profile.reduce((sum, { ms }) => sum + ms, 0);
      const calls = profile.reduce((sum, own) => sum + own.calls, 0);
      console.log(`  ${total.toFixed(2)} ms in ${calls} kernels`);
      for (const { name, calls: count, ms } of profile.slice(0, 16))
        console.log(`  ${name.padEnd(36)} ${String(count).padStart(4)} calls ${ms.toFixed(3).padStart(9)} ms  ${((100 * ms) / total).toFixed(1)}%`);
    }
    step.dispose();
    optimizer.dispose();
    model.dispose();
    sample.dispose();
  }
}
process.exit(0);
