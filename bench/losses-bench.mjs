// Every loss with its gradient, the kit on each of its engines for a CPU and its Python peers, turn by turn on one machine,
// each turn in a process of its own. tensorflow-cpu is there where `npx kit native` has been run.
//
//   node bench/losses-bench.mjs [--sizes 128,512] [--threads 1,2] [--turns 3] [--repeats 11] [--limit 300] [--out results/bench/losses.json]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeFileWhole } from '../dist/files/write-file-whole.js';
import { median, provenance } from './bench-results.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '128,512' },
    threads: { type: 'string', default: '1,2' },
    turns: { type: 'string', default: '3' },
    repeats: { type: 'string', default: '11' },
    limit: { type: 'string', default: '300' },
    python: { type: 'string', default: join(here, '.peers', 'bin', 'python') },
    out: { type: 'string', default: 'results/bench/losses.json' },
  },
});
const ENGINES = ['wasm', 'wasm-onnxruntime', 'tensorflow-cpu'];
const PEERS = { pytorch: 'PyTorch', pml: 'pytorch-metric-learning' };
const CONTENDERS = [
  ...ENGINES.map((engine) => ({ name: engine, command: process.execPath, script: ['losses-ours.mjs'], engine })),
  ...Object.entries(PEERS).map(([peer, name]) => ({ name, command: options.python, script: ['losses-peers.py', peer], engine: 'wasm' })),
];
const runs = new Map();
for (let turn = 0; turn < Number(options.turns); turn++) {
  for (const threads of options.threads.split(',').map(Number)) {
    for (const { name, command, script: [file, ...peer], engine } of CONTENDERS) {
      const args = [join(here, file), ...peer, String(threads), options.sizes, options.repeats];
      const env = { ...process.env, KIT_BACKEND: engine, OMP_NUM_THREADS: String(threads) };
      const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env, timeout: 1000 * Number(options.limit) });
      if (status !== 0) {
        process.stdout.write(`${name}, ${threads} threads: not measured in full (${status === null ? `past ${options.limit} s` : stderr.trim().split('\n').at(-1)})\n`);
      }
      for (const line of (stdout ?? '').split('\n').filter((text) => text.startsWith('{'))) {
        const { loss, rows, ...measured } = JSON.parse(line);
        const key = JSON.stringify({ loss, rows, threads, contender: name });
        runs.set(key, [...(runs.get(key) ?? []), measured]);
      }
      process.stdout.write(`turn ${turn + 1}: ${name}, ${threads} threads\n`);
    }
  }
}

const measurements = [...runs].map(([key, turns]) => ({
  ...JSON.parse(key),
  version: turns[0].version,
  milliseconds: turns.map(({ milliseconds }) => milliseconds),
  medianMilliseconds: median(turns.map(({ milliseconds }) => milliseconds)),
  overBaseMiB: median(turns.map(({ overBaseMiB }) => overBaseMiB)),
}));
const of = (like, contender) =>
  measurements.find(
    (m) => m.contender === contender && m.loss === like.loss && m.rows === like.rows && m.threads === like.threads,
  );
const record = {
  format: 1,
  kind: 'bench-losses',
  ...provenance(),
  dimension: 512,
  turns: Number(options.turns),
  repeatsPerTurn: Number(options.repeats),
  measurements,
};
writeFileWhole(options.out, `${JSON.stringify(record, null, 1)}\n`);

const milliseconds = (m) => m?.medianMilliseconds.toFixed(1) ?? '–';
/** With the ratio to each peer that has this loss. */
const beside = (m) => {
  if (m === undefined) return '–';
  const ratios = Object.values(PEERS)
    .map((name) => of(m, name))
    .map((theirs) => (theirs === undefined ? '–' : (m.medianMilliseconds / theirs.medianMilliseconds).toFixed(2)));
  return `${milliseconds(m)} (${ratios.join(', ')})`;
};
const { cpu, cores, memoryGiB, platform, loadAverageAtEnd } = record.machine;
const versions = [...new Set(measurements.map(({ version }) => version))].join('; ');
const memoryLines = CONTENDERS.flatMap(({ name }) => {
  const own = measurements.filter(({ contender }) => contender === name);
  return own.length === 0 ? [] : [`${name} ${Math.max(...own.map(({ overBaseMiB }) => overBaseMiB)).toFixed(0)} MiB`];
});
const table = [
  `Loss and gradient of batches of 512-d embeddings, two rows a class: milliseconds, the median of ${options.turns} turns, each the median of ${options.repeats} steps. ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}; load average at the end ${loadAverageAtEnd.toFixed(1)}; commit ${record.commit.slice(0, 10)}. ${versions}. Behind each time of the kit its ratios to PyTorch's and to pytorch-metric-learning's. 'Products alone' is no loss: the three matrix products that the N-pair loss and its gradient need, so no engine computes that loss in less than its time for them.`,
  '',
  `| loss | rows | threads | ${Object.values(PEERS).join(' | ')} | ${ENGINES.map((engine) => `kit, ${engine}`).join(' | ')} |`,
  `|---|---|---|${'---|'.repeat(CONTENDERS.length)}`,
  ...measurements
    .filter(({ contender }) => contender === 'wasm')
    .map((m) =>
      [
        '',
        m.loss,
        m.rows,
        m.threads,
        ...Object.values(PEERS).map((name) => milliseconds(of(m, name))),
        ...ENGINES.map((engine) => beside(of(m, engine))),
        '',
      ]
        .join(' | ')
        .trim(),
    ),
  '',
  `Largest memory over the process's base after all losses: ${memoryLines.join(', ')}.`,
  '',
];
writeFileWhole(options.out.replace(/\.json$/, '.md'), table.join('\n'));
process.stdout.write(`\n${table.join('\n')}\n${options.out}\n`);
