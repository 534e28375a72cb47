// Evaluation at the scale of Stanford Online Products, the kit and its Python peers turn by turn, each task in a
// process of its own on all cores. Embeddings are drawn; the class sizes are those of the real test list where it
// is found under KIT_DATA, else drawn too.
//
//   node bench/evaluation-bench.mjs [--sizes 5924,20000,60502] [--repeats 3] [--limit 900]
//     [--out results/bench/evaluation.json]
//
// A run that takes longer than --limit seconds is stopped and said not to have finished.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dataDirectory } from '../dist/datasets/data-directory.js';
import { SeededRandom } from '../dist/seeded-random.js';
import { median, provenance, writeResults } from './bench-results.mjs';
import { writeEvaluationChart } from './evaluation-chart.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '5924,20000,60502' },
    growth: { type: 'string', default: '5000,10000,20000,40000,60000' },
    repeats: { type: 'string', default: '3' },
    tasks: { type: 'string', default: 'retrieval,k-means,evaluation,label scores' },
    limit: { type: 'string', default: '900' },
    python: { type: 'string', default: join(here, '.peers', 'bin', 'python') },
    out: { type: 'string', default: 'results/bench/evaluation.json' },
  },
});
const numbers = (text) => text.split(',').filter(Boolean).map(Number);

/** faiss again, with the Lloyd steps after which the kit found that no row changes its cluster. */
const AS_MANY_STEPS = 'faiss, as many steps';

/** Beyond these rows a peer would take hours, or more memory than the machine has. */
const PEERS = {
  retrieval: { faiss: Infinity, PyTorch: 20000, 'scikit-learn': 20000 },
  'k-means': { faiss: Infinity, [AS_MANY_STEPS]: Infinity, 'scikit-learn': 6000 },
  evaluation: { 'pytorch-metric-learning': Infinity },
  'label scores': { 'scikit-learn': Infinity },
};
const DIMENSION = 512;

function classSizes() {
  const list = join(dataDirectory(), 'online-products', 'stanford_online_test.csv');
  if (!existsSync(list)) {
    const random = new SeededRandom('class sizes');
    return { source: 'drawn, 2 to 12', sizes: Array.from({ length: 11316 }, () => 2 + random.integer(11)) };
  }
  const counts = new Map();
  for (const line of readFileSync(list, 'utf8').split('\n')) {
    const name = line.split(',')[0];
    if (/^\d+$/.test(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { source: 'Stanford Online Products, test list', sizes: [...counts.values()] };
}

/** Directions in which the drawn embeddings spread: trained ones have far fewer than dimensions. */
const LATENT = 32;
/** Recall@1 of 60 to 80% at these sizes, which is what trained networks reach. */
const NOISE = 0.85;

/** Class centres and noise about them in a few directions, and a little noise in all. */
function writeData(folder, rows, sizes) {
  const random = new SeededRandom('embeddings');
  const labels = new Int32Array(rows);
  const vectors = new Float32Array(rows * DIMENSION);
  const drawn = (length, scale) => Float64Array.from({ length }, () => scale * random.normal());
  const directions = drawn(LATENT * DIMENSION, 1 / Math.sqrt(DIMENSION));
  let row = 0;
  let classes = 0;
  for (; row < rows; classes++) {
    const centre = drawn(LATENT, 1);
    for (let i = 0; i < sizes[classes % sizes.length] && row < rows; i++, row++) {
      labels[row] = classes;
      const place = centre.map((value) => value + NOISE * random.normal());
      const vector = vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION);
      for (let d = 0; d < DIMENSION; d++) vector[d] = (0.1 * random.normal()) / Math.sqrt(DIMENSION);
      for (let l = 0; l < LATENT; l++) {
        for (let d = 0; d < DIMENSION; d++) vector[d] += place[l] * directions[l * DIMENSION + d];
      }
    }
  }
  const guesses = labels.map((label) => (random.uniform() < 0.6 ? label : random.integer(classes)));
  for (const [name, data] of Object.entries({ 'labels.i32': labels, 'guesses.i32': guesses, 'vectors.f32': vectors })) {
    writeFileSync(join(folder, name), data);
  }
  return classes;
}

function timed(contender, task, folder, classes, steps = 20) {
  const [command, ...args] =
    contender === 'kit'
      ? [process.execPath, join(here, 'evaluation-ours.mjs'), task, folder, String(classes)]
      : [options.python, join(here, 'evaluation-peers.py'), contender.split(',')[0], task, folder, String(classes), String(steps)];
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 1000 * Number(options.limit),
  });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1));
  const reason =
    error?.code === 'ETIMEDOUT'
      ? `did not finish in ${options.limit} s`
      : `not measured: ${error?.message ?? stderr.trim().split('\n').at(-1)}`;
  process.stdout.write(`  ${contender}: ${reason}\n`);
  return { reason };
}

const { source, sizes } = classSizes();
const repeats = Number(options.repeats);
const folder = mkdtempSync(join(tmpdir(), 'kit-bench-'));
const measurements = [];
const growth = [];
try {
  for (const rows of numbers(options.sizes)) {
    const classes = writeData(folder, rows, sizes);
    for (const task of options.tasks.split(',')) {
      process.stdout.write(`${task}, ${rows} rows of ${DIMENSION}, ${classes} classes\n`);
      const contenders = ['kit', ...Object.keys(PEERS[task]).filter((peer) => rows <= PEERS[task][peer])];
      const runs = new Map(contenders.map((contender) => [contender, []]));
      for (let turn = 0; turn < repeats; turn++) {
        for (const contender of contenders) {
          if (runs.get(contender).some(({ reason }) => reason)) continue;
          const steps = contender === AS_MANY_STEPS ? runs.get('kit').at(-1).result?.iterations : undefined;
          const run = timed(contender, task, folder, classes, steps);
          runs.get(contender).push(run);
          if (!run.reason) process.stdout.write(`  ${contender}: ${run.seconds.toFixed(2)} s, ${run.peakMiB.toFixed(0)} MiB\n`);
        }
      }
      const kit = median(runs.get('kit').map(({ seconds }) => seconds));
      for (const [contender, all] of runs) {
        const { reason } = all.at(-1);
        if (reason) {
          if (reason.startsWith('did not finish')) measurements.push({ task, rows, classes, contender, reason });
          continue;
        }
        const seconds = all.map((run) => run.seconds);
        measurements.push({
          task,
          rows,
          dimension: DIMENSION,
          classes,
          contender,
          version: all[0].version,
          seconds,
          medianSeconds: median(seconds),
          medianCpuSeconds: median(all.map((run) => run.cpuSeconds)),
          kitShare: kit / median(seconds),
          peakMiB: median(all.map((run) => run.peakMiB)),
          overBaseMiB: median(all.map((run) => run.overBaseMiB)),
          result: all[0].result,
        });
      }
    }
  }
  for (const rows of numbers(options.growth)) {
    const classes = writeData(folder, rows, sizes);
    const runs = Array.from({ length: repeats }, () => timed('kit', 'retrieval', folder, classes));
    if (runs.some(({ reason }) => reason)) continue;
    const seconds = runs.map((run) => run.seconds);
    growth.push({ rows, medianSeconds: median(seconds), seconds });
    process.stdout.write(`retrieval alone, ${rows} rows: ${median(seconds).toFixed(2)} s\n`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Slope of log seconds over log rows, least squares. */
function exponent() {
  const points = growth.map(({ rows, medianSeconds }) => [Math.log(rows), Math.log(medianSeconds)]);
  const mean = (i) => points.reduce((sum, point) => sum + point[i], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  return points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

const cells = (m) =>
  m.reason
    ? [m.reason, '', '', '', '']
    : [m.medianSeconds.toFixed(2), m.medianCpuSeconds.toFixed(2), m.contender === 'kit' ? '' : m.kitShare.toFixed(2), m.peakMiB.toFixed(0), m.overBaseMiB.toFixed(0)];
const record = {
  format: 1,
  kind: 'bench-evaluation',
  ...provenance(),
  classSizes: source,
  repeats,
  measurements,
  growth: growth.length > 1 ? { exponent: exponent(), points: growth } : null,
};
const notes = measurements
  .filter(({ contender, result }) => contender === 'kit' && result?.iterations !== undefined)
  .map(({ rows, classes, result }) => {
    const theirs = measurements.find((m) => m.task === 'k-means' && m.contender === 'faiss' && m.rows === rows)?.result;
    const ratio = theirs === undefined ? '' : ` Inertia: ${(result.inertia / theirs.inertia).toFixed(3)} of faiss’s after 20.`;
    return `k-means of ${rows} rows in ${classes} clusters: the kit’s settles after ${result.iterations} steps; faiss takes 20 whatever happens.${ratio}`;
  });
if (record.growth !== null) notes.push(`Retrieval time grows as rows to the power of ${record.growth.exponent.toFixed(2)}.`);
writeResults(
  options.out,
  record,
  ['task', 'rows', 'contender', 'seconds (median)', 'CPU seconds', 'kit’s time as a share', 'peak MiB', 'over its base MiB'],
  measurements.map((m) => [m.task, m.rows, m.contender, ...cells(m)]),
  notes,
);
if (measurements.length > 0) await writeEvaluationChart(options.out);
