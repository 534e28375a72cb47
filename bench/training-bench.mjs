// One training step of the kit, on each of its backends that starts here, and of PyTorch, turn by turn, each turn in a process
// of its own: a head (1,024 to 512, 128 pairs), the small convnet (32×32, batch 64), GoogLeNet from 5a on (batch 64) and all of
// it (batch 16: more does not fit into wasm's 4 GiB); N-pair & angular loss, optimizer included.
//
//   node bench/training-bench.mjs [--tasks head,convnet,from-5a,all] [--threads 1,2] [--steps 40] [--repeats 3] [--python …] [--out results/bench/training.json]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nativeEngine } from '../dist/backends/tensorflow/native-engine.js';
import { median, provenance, writeResults } from './bench-results.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'head,convnet,from-5a,all' },
    threads: { type: 'string', default: '1,2' },
    steps: { type: 'string', default: '40' },
    repeats: { type: 'string', default: '3' },
    python: { type: 'string', default: join(here, '.peers', 'bin', 'python') },
    out: { type: 'string', default: 'results/bench/training.json' },
  },
});

const kit = (backend) => ({ command: process.execPath, program: 'training-ours.mjs', env: { KIT_BACKEND: backend } });
const CONTENDERS = {
  'kit, wasm': kit('wasm'),
  'kit, wasm-onnxruntime': kit('wasm-onnxruntime'),
  ...(nativeEngine() !== undefined ? { 'kit, tensorflow-cpu': kit('tensorflow-cpu') } : {}),
  PyTorch: { command: options.python, program: 'training-peers.py', env: {} },
};
const TASKS = {
  head: 'head 1,024 → 512, 128 pairs',
  convnet: 'convnet 16-32-64-128, 32×32, batch 64',
  'from-5a': 'GoogLeNet from 5a on, batch 64',
  all: 'all of GoogLeNet, batch 16',
};
/** A step of these takes as long as dozens of the others. */
const SHARE_OF_STEPS = { 'from-5a': 1 / 4, all: 1 / 10 };

function timed({ command, program, env }, task, threads) {
  const steps = Math.ceil(Number(options.steps) * (SHARE_OF_STEPS[task] ?? 1));
  const { status, stdout, stderr, error } = spawnSync(command, [join(here, program), task, threads, String(steps)], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1));
  process.stdout.write(`  not measured (${error?.message ?? stderr.trim().split('\n').at(-1)})\n`);
  return undefined;
}

const measurements = [];
for (const task of options.tasks.split(',')) {
  for (const threads of options.threads.split(',')) {
    const turns = new Map(Object.keys(CONTENDERS).map((contender) => [contender, []]));
    for (let turn = 0; turn < Number(options.repeats); turn++) {
      for (const [contender, program] of Object.entries(CONTENDERS)) {
        const run = timed(program, task, threads);
        if (run === undefined) continue;
        turns.get(contender).push(run);
        const milliseconds = 1000 * median(run.seconds);
        process.stdout.write(`${task}, ${threads} threads, ${contender}: ${milliseconds.toFixed(1)} ms\n`);
      }
    }
    for (const [contender, runs] of turns) {
      if (runs.length === 0) continue;
      const medians = runs.map(({ seconds }) => 1000 * median(seconds));
      measurements.push({
        task,
        threads: Number(threads),
        contender,
        version: runs[0].version,
        medianMilliseconds: median(medians),
        millisecondsByTurn: medians,
        medianCpuMilliseconds: median(runs.map(({ cpuSeconds }) => 1000 * median(cpuSeconds))),
        fastestMilliseconds: 1000 * Math.min(...runs.flatMap(({ seconds }) => seconds)),
      });
    }
  }
}

const peerOf = (m) =>
  measurements.find((other) => other.contender === 'PyTorch' && other.task === m.task && other.threads === m.threads);
const rows = measurements.map((m) => {
  const peer = m.contender === 'PyTorch' ? undefined : peerOf(m);
  const ratio = peer === undefined ? '' : (m.medianMilliseconds / peer.medianMilliseconds).toFixed(2);
  const cpuRatio = peer === undefined ? '' : (m.medianCpuMilliseconds / peer.medianCpuMilliseconds).toFixed(2);
  const times = [m.medianMilliseconds, m.fastestMilliseconds, m.medianCpuMilliseconds].map((ms) => ms.toFixed(1));
  return [TASKS[m.task], m.threads, m.contender, ...times, ratio, cpuRatio];
});
writeResults(
  options.out,
  { format: 1, kind: 'bench-training', ...provenance(), steps: Number(options.steps), repeats: Number(options.repeats), measurements },
  ['step', 'threads', 'contender', 'ms (median)', 'ms (fastest)', 'CPU ms', 'times PyTorch’s', 'in CPU time'],
  rows,
);
