// pool5 features of GoogLeNet, the kit on onnxruntime and PyTorch on the same weights, turn by turn, each turn in a process of its
// own on all cores: the network alone on drawn inputs, and from JPEG files to features.
//
//   node bench/features-bench.mjs [--weights FOLDER] [--pictures FOLDER] [--count 512] [--repeats 3] [--out results/bench/features.json]
//
// Weights and pictures default to googlenet/weights and cub-crops/images under KIT_DATA, else under datasets/.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dataDirectory } from '../dist/datasets/data-directory.js';
import { SeededRandom } from '../dist/seeded-random.js';
import { median, provenance, writeResults } from './bench-results.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    weights: { type: 'string', default: join(dataDirectory(), 'googlenet', 'weights') },
    pictures: { type: 'string', default: join(dataDirectory(), 'cub-crops', 'images') },
    count: { type: 'string', default: '512' },
    repeats: { type: 'string', default: '3' },
    python: { type: 'string', default: join(here, '.peers', 'bin', 'python') },
    out: { type: 'string', default: 'results/bench/features.json' },
  },
});
const BATCH = 32;
const CONTENDERS = {
  kit: [process.execPath, join(here, 'features-ours.mjs')],
  PyTorch: [options.python, join(here, 'features-peers.py')],
};
const TASKS = { network: 'network alone', pictures: 'JPEG files to features' };

for (const [option, path] of Object.entries({ '--weights': options.weights, '--pictures': options.pictures })) {
  if (existsSync(path)) continue;
  process.stderr.write(`features-bench: ${path} is not there; name another folder with ${option}.\n`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'kit-bench-'));
const runs = new Map();
try {
  const random = new SeededRandom('inputs');
  writeFileSync(join(folder, 'inputs.f32'), Float32Array.from({ length: BATCH * 3 * 224 * 224 }, () => 60 * random.normal()));
  const pictures = readdirSync(options.pictures, { recursive: true }).filter((name) => /\.jpe?g$/i.test(name)).sort();
  const chosen = pictures.slice(0, Number(options.count)).map((name) => join(options.pictures, name));
  writeFileSync(join(folder, 'pictures.json'), JSON.stringify(chosen));
  for (const task of Object.keys(TASKS)) {
    for (let turn = 0; turn < Number(options.repeats); turn++) {
      for (const [contender, [command, program]] of Object.entries(CONTENDERS)) {
        const { status, stdout, stderr } = spawnSync(command, [program, task, options.weights, folder], { encoding: 'utf8' });
        if (status !== 0) {
          process.stdout.write(`${contender}: not measured (${stderr.trim().split('\n').at(-1)})\n`);
          continue;
        }
        const run = JSON.parse(stdout.trim().split('\n').at(-1));
        const key = JSON.stringify({ task, contender });
        runs.set(key, [...(runs.get(key) ?? []), run]);
        process.stdout.write(`${TASKS[task]}, ${contender}: ${(run.pictures / run.seconds).toFixed(1)} pictures a second\n`);
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

const measurements = [...runs].map(([key, turns]) => ({
  ...JSON.parse(key),
  version: turns[0].version,
  pictures: turns[0].pictures,
  picturesASecond: turns.map(({ pictures, seconds }) => pictures / seconds),
  medianPicturesASecond: median(turns.map(({ pictures, seconds }) => pictures / seconds)),
  peakMiB: median(turns.map(({ peakMiB }) => peakMiB)),
  features: turns[0].features,
}));
const of = (task, contender) => measurements.find((m) => m.task === task && m.contender === contender);
const [ours, theirs] = Object.keys(CONTENDERS).map((contender) => of('network', contender)?.features);
const largest = (values) => Math.max(...values.map(Math.abs));
const difference =
  ours === undefined || theirs === undefined ? null : largest(ours.map((value, i) => value - theirs[i])) / largest(theirs);
writeResults(
  options.out,
  {
    format: 1,
    kind: 'bench-features',
    ...provenance(),
    batch: BATCH,
    repeats: Number(options.repeats),
    largestRelativeDifference: difference,
    measurements: measurements.map(({ features, ...rest }) => rest),
  },
  ['task', 'contender', 'pictures a second (median)', 'times PyTorch’s', 'peak MiB'],
  measurements.map((m) => {
    const peer = of(m.task, 'PyTorch')?.medianPicturesASecond;
    const ratio = m.contender === 'PyTorch' || peer === undefined ? '' : (m.medianPicturesASecond / peer).toFixed(2);
    return [TASKS[m.task], m.contender, m.medianPicturesASecond.toFixed(1), ratio, m.peakMiB.toFixed(0)];
  }),
  [
    `Batches of ${BATCH}, all cores; PyTorch decodes with Pillow in a process beside the network.`,
    ...(difference === null ? [] : [`On the same inputs the two differ by at most ${difference.toExponential(1)} of the largest feature.`]),
  ],
);
