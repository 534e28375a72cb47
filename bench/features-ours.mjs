import '../dist/backends/onnxruntime/no-telemetry.js';
// One timed turn of the kit's features in a process of its own: node bench/features-ours.mjs network|pictures WEIGHTS FOLDER
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import onnx from 'onnxruntime-node';
import { readPicture } from '../dist/datasets/read-picture.js';
import { extractFeatures } from '../dist/features/extract-features.js';
import { googlenet } from '../dist/models/googlenet.js';
import { onnxNetwork } from '../dist/models/onnx-network.js';
import { readWeights } from '../dist/models/read-weights.js';

const [, , task, weightsPath, folder] = process.argv;
const weights = readWeights(googlenet, weightsPath);
const BATCH = 32;

async function network() {
  const bytes = readFileSync(join(folder, 'inputs.f32'));
  const data = new onnx.Tensor('float32', new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), [BATCH, 3, 224, 224]);
  const session = await onnx.InferenceSession.create(onnxNetwork(googlenet, weights.layers, ['pool5/7x7_s1'], {}));
  const run = async () => (await session.run({ data }))[session.outputNames[0]].data;
  const features = Array.from(await run()).slice(0, 4096);
  const turns = 8;
  const started = performance.now();
  for (let turn = 0; turn < turns; turn++) await run();
  return { pictures: turns * BATCH, seconds: (performance.now() - started) / 1000, features };
}

async function pictures() {
  const paths = JSON.parse(readFileSync(join(folder, 'pictures.json'), 'utf8'));
  process.env.KIT_CACHE = mkdtempSync(join(tmpdir(), 'kit-bench-cache-'));
  const images = {
    name: 'bench',
    items: paths.map((path) => ({ path, label: 0 })),
    digests: paths.map((path) => createHash('sha256').update(path).digest('hex')),
    read: (i) => readPicture(paths[i]),
  };
  try {
    const started = performance.now();
    await extractFeatures({ images, network: googlenet, weights, layer: 'pool5', view: 'whole' });
    return { pictures: paths.length, seconds: (performance.now() - started) / 1000 };
  } finally {
    rmSync(process.env.KIT_CACHE, { recursive: true });
  }
}

const result = await { network, pictures }[task]();
const peakMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
process.stdout.write(`${JSON.stringify({ ...result, peakMiB, version: `onnxruntime ${onnx.env.versions.node}` })}\n`);
