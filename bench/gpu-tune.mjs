// Times every convolution of GoogLeNet, each way, under each tiling, on this machine's GPU, and writes the fastest as a table:
//   node bench/gpu-tune.mjs [--batches 120,64] [--seconds 60] [--layers 5b] [--out tilings.json]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import tf from '@tensorflow/tfjs';
import { startBackend } from '../dist/backends/start-backend.js';
import { estimatedTime, forceTiling, tileName, tilingFor, tilingsOf } from '../dist/backends/webgpu/kernels/tiles.js';
import { googlenet } from '../dist/models/googlenet.js';
import { outputShapes } from '../dist/models/network.js';
import { SIDE } from './gpu-subjects.mjs';

const { values: options } = parseArgs({
  options: {
    batches: { type: 'string', default: '120' },
    seconds: { type: 'string', default: '60' },
    out: { type: 'string', default: 'tilings.json' },
    /** Tilings whose estimate is so many times the best one's are not tried. */
    /** Only layers whose name holds this. */
    layers: { type: 'string', default: '' },
    within: { type: 'string', default: '2.5' },
  },
});
process.env.KIT_BACKEND ??= 'webgpu';
const { name, device } = await startBackend();
const backend = tf.backend();
const began = performance.now();
const deadline = began + 1000 * Number(options.seconds);

/** Distinct products: a convolution each way. */
function products(batch) {
  const shapes = outputShapes(googlenet, SIDE);
  const found = new Map();
  for (const layer of googlenet.layers) {
    if (layer.kind !== 'convolution' || !layer.name.includes(options.layers)) continue;
    const [channels, height, width] = shapes.get(layer.input);
    const [filters, down, across] = shapes.get(layer.name);
    const { kernel: size, stride, pad } = layer;
    const base = { batch, channels, height, width, filters, down, across, size, stride, pad };
    const ways = ['forward', 'filter', ...(layer.input === 'data' ? [] : ['input'])];
    for (const way of ways) {
      const product = {
        forward: { kind: 'rows', m: batch * down * across, n: filters, k: size * size * channels },
        input: { kind: 'rows', m: batch * height * width, n: channels, k: size * size * filters },
        filter: { kind: 'sums', m: size * size * channels, n: filters, k: batch * down * across },
      }[way];
      const key = `${way} ${JSON.stringify(product)} ${size}`;
      const known = found.get(key);
      if (known) known.count++;
      else found.set(key, { ...base, ...product, way, layer: layer.name, count: 1 });
    }
  }
  // The longest first, so that they are settled where the time runs out.
  return [...found.values()].sort((a, b) => b.m * b.n * b.k * b.count - a.m * a.n * a.k * a.count);
}

/** As training runs it: with bias, ReLU and the masks. */
function runner(p) {
  const pad = [[0, 0], [p.pad, p.pad], [p.pad, p.pad], [0, 0]];
  const attributes = { strides: [p.stride, p.stride], pad };
  const x = tf.randomUniform([p.batch, p.height, p.width, p.channels], -1, 1, 'float32', 1);
  const filter = tf.randomUniform([p.size, p.size, p.channels, p.filters], -1, 1, 'float32', 2);
  const y = tf.randomUniform([p.batch, p.down, p.across, p.filters], -1, 1, 'float32', 3);
  const bias = tf.zeros([p.filters]);
  const run = {
    forward: () => tf.engine().runKernel('KitConvolution', { x, filter, bias }, attributes),
    input: () =>
      tf.engine().runKernel('KitConvolutionInputGradient', { dy: y, y, filter }, { ...attributes, inputShape: x.shape }),
    filter: () =>
      tf.engine().runKernel('KitConvolutionFilterGradient', { x, dy: y, y }, { ...attributes, filterShape: filter.shape }),
  }[p.way];
  return { run, dispose: () => tf.dispose([x, filter, y, bias]) };
}

async function milliseconds(run) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    let result;
    const { kernelMs } = await backend.time(() => {
      result = run();
    });
    tf.dispose(result);
    least = Math.min(least, kernelMs);
  }
  return least;
}

console.log(`${name} on ${device}`);
const table = [];
const totals = { chosen: 0, best: 0, operations: 0 };
for (const batch of options.batches.split(',').map(Number)) {
  for (const p of products(batch)) {
    if (performance.now() > deadline) {
      console.log('time is up; what follows was not tried');
      break;
    }
    const { run, dispose } = runner(p);
    await milliseconds(run);
    const size = { m: p.m, n: p.n, k: p.k };
    const chosen = tilingFor(size, p.kind);
    const chosenMs = await milliseconds(run);
    let best = { tiling: chosen, ms: chosenMs };
    const limit = Number(options.within) * estimatedTime(size, chosen);
    for (const tiling of tilingsOf(size, p.kind)) {
      if (estimatedTime(size, tiling) > limit || performance.now() > deadline) continue;
      forceTiling(tiling);
      const ms = await milliseconds(run);
      if (ms < best.ms) best = { tiling, ms };
    }
    forceTiling(null);
    dispose();
    const operations = 2 * p.m * p.n * p.k;
    totals.chosen += p.count * chosenMs;
    totals.best += p.count * best.ms;
    totals.operations += p.count * operations;
    table.push({ kind: p.kind, ...size, tile: best.tiling.tile, splits: best.tiling.splits });
    console.log(
      `${p.way.padEnd(8)} ${p.layer.padEnd(24)} x${p.count} m ${p.m} n ${p.n} k ${p.k}: ${chosenMs.toFixed(3)} ms by ${tileName(chosen.tile)} / ${chosen.splits}; best ${best.ms.toFixed(3)} ms by ${tileName(best.tiling.tile)} / ${best.tiling.splits}, ${(operations / best.ms / 1e6).toFixed(0)} GFLOP/s`,
    );
  }
}
writeFileSync(options.out, `${JSON.stringify(table)}\n`);
console.log(
  `all of a step: ${totals.chosen.toFixed(2)} ms as chosen, ${totals.best.toFixed(2)} ms at best (${(totals.operations / totals.best / 1e6).toFixed(0)} GFLOP/s), in ${((performance.now() - began) / 1000).toFixed(0)} s; ${options.out}`,
);
process.exit(0);
