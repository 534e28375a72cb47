// Where the time of a training step of the kit goes: milliseconds a step of each function by itself, from Node's profiler, one
// thread. What limits.md says stands on it.
//
//   node bench/training-profile.mjs [--steps 40] [--out results/bench/profile.json]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nativeEngine } from '../dist/backends/tensorflow/native-engine.js';
import { provenance, writeResults } from './bench-results.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '40' },
    out: { type: 'string', default: 'results/bench/profile.json' },
  },
});
const BACKENDS = ['wasm', 'wasm-onnxruntime', ...(nativeEngine() !== undefined ? ['tensorflow-cpu'] : [])];
const TASKS = { head: 1, convnet: 1, 'from-5a': 1 / 4 };
/** training-ours.mjs takes so many steps before those that it times. */
const WARM_UP = 8;
/** What happens once, before the first step. */
const LOADING = /lexer|loader|get_format|^node:|\(program\)|\(idle\)/;

function profile(task, backend, steps) {
  const folder = mkdtempSync(join(tmpdir(), 'kit-profile-'));
  try {
    const program = join(here, 'training-ours.mjs');
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--cpu-prof', `--cpu-prof-dir=${folder}`, program, task, '1', String(steps)],
      { encoding: 'utf8', env: { ...process.env, KIT_BACKEND: backend } },
    );
    if (status !== 0) throw new Error(stderr);
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8'));
    const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
    // Functions of WebAssembly have no names: their time is that of the kernel that calls them.
    const nameOf = (id) => {
      const { functionName, url, lineNumber } = frames.get(id);
      if (url.startsWith('wasm') || functionName.startsWith('js-to-wasm')) return nameOf(parents.get(id));
      return `${functionName || 'anonymous'} (${basename(url)}:${lineNumber + 1})`;
    };
    const names = new Map(nodes.map(({ id }) => [id, nameOf(id)]));
    const milliseconds = new Map();
    for (const [i, id] of samples.entries()) {
      const name = names.get(id);
      milliseconds.set(name, (milliseconds.get(name) ?? 0) + timeDeltas[i] / 1000);
    }
    return [...milliseconds]
      .filter(([name]) => !LOADING.test(name))
      .map(([name, total]) => ({ name, millisecondsAStep: total / (steps + WARM_UP) }))
      .sort((a, b) => b.millisecondsAStep - a.millisecondsAStep)
      .slice(0, 10);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const profiles = Object.entries(TASKS).flatMap(([task, share]) =>
  BACKENDS.map((backend) => {
    const steps = Math.ceil(Number(options.steps) * share);
    process.stdout.write(`${task}, ${backend}\n`);
    return { task, backend, steps, functions: profile(task, backend, steps) };
  }),
);
writeResults(
  options.out,
  { format: 1, kind: 'bench-profile', ...provenance(), threads: 1, profiles },
  ['step', 'backend', 'ms a step, by function'],
  profiles.map(({ task, backend, functions }) => [
    task,
    backend,
    functions.map(({ name, millisecondsAStep }) => `${name} ${millisecondsAStep.toFixed(1)}`).join('<br>'),
  ]),
  ['One thread. What runs inside a library or in WebAssembly counts where JavaScript calls it.'],
);
