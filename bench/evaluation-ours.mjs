// One timed task of the kit in a process of its own: node bench/evaluation-ours.mjs TASK FOLDER CLUSTERS
import { readFileSync } from 'node:fs';
import { adjustedMutualInformation } from '../dist/evaluation/adjusted-mutual-information.js';
import { evaluateInDetail } from '../dist/evaluation/evaluate-embeddings.js';
import { kMeans } from '../dist/evaluation/k-means.js';
import { normalizedMutualInformation } from '../dist/evaluation/normalized-mutual-information.js';
import { recallAtK } from '../dist/evaluation/recall-at-k.js';
import { scoreEngine } from '../dist/evaluation/start-score-engine.js';

const [, , task, folder, clusters] = process.argv;

const memory = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
const read = (name) => {
  const bytes = readFileSync(`${folder}/${name}`);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};

const engine = await scoreEngine();
const before = memory('VmRSS');
const labels = new Int32Array(read('labels.i32'));
const guesses = new Int32Array(read('guesses.i32'));
const vectors = new Float32Array(read('vectors.f32'));
const table = { vectors, labels, dimension: vectors.length / labels.length };

const tasks = {
  retrieval: async () => ({ recallAtK: await recallAtK(table, [1, 10, 100, 1000]) }),
  'k-means': async () => {
    const { inertia, iterations } = await kMeans(table, { k: Number(clusters), seed: 1, iterations: 20 });
    return { inertia, iterations };
  },
  evaluation: async () => {
    const { clustering, ...scores } = await evaluateInDetail(table, {
      ks: [1, 10, 100, 1000],
      kMeansSeed: 1,
      kMeansRestarts: 1,
      kMeansIterations: 20,
    });
    return { ...scores, inertia: clustering.inertia };
  },
  'label scores': async () => ({
    nmi: normalizedMutualInformation(labels, guesses),
    ami: adjustedMutualInformation(labels, guesses),
  }),
};

const started = performance.now();
const cpuBefore = process.cpuUsage();
const result = await tasks[task]();
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const peakMiB = memory('VmHWM');
process.stdout.write(
  `${JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakMiB, overBaseMiB: peakMiB - before, version: `node ${process.versions.node}, ${engine.name}`, result })}\n`,
);
