// Does a whole run give the same bits again, also after kill -9 in its middle, and does its memory stay as it is? On the engine and
// device at hand, with the data under KIT_DATA. Needs `npm run build` and nothing else.
//
//   KIT_BACKEND=webgpu node bench/run-again.mjs [--experiment cars-all] [--method "N-pair & angular"] [--trains all] [--steps 50]
//     [--long 500] [--out results/bench/run-again.json]
//
// --long 0 leaves the run whose memory is watched out, --steps 0 the comparison. Exits with 1 where bits differ.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { experimentPath, readExperiment } from '../dist/experiments/experiment-file.js';
import { checkpointPath, embeddingsPath, recordPath } from '../dist/experiments/record-store.js';
import { runId } from '../dist/experiments/run-spec.js';
import { median, provenance, writeResults } from './bench-results.mjs';

const text = (value) => ({ type: 'string', default: value });
const { values: options } = parseArgs({
  options: {
    experiment: text('cars-all'),
    method: text('N-pair & angular'),
    trains: text(''),
    steps: text('50'),
    long: text('500'),
    out: text('results/bench/run-again.json'),
  },
});
const kit = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'run-again-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const [first] = readExperiment(experimentPath(options.experiment), { profile: 'quick', only: [options.method] }).specs;
/** Half of the run is saved before it is killed; what it made since is made again. */
const specOf = (steps, validateEvery) => ({
  ...first,
  steps,
  validateEvery,
  ...(options.trains && { model: { ...first.model, trains: options.trains } }),
});
const short = specOf(Number(options.steps), Math.floor(Number(options.steps) / 2));
const long = { ...specOf(Number(options.long), Number(options.long)), evaluation: { ...first.evaluation, test: 'none' } };

/** Starts `kit train` in a group of its own, and calls `watch` every `every` milliseconds. */
function start(spec, results, watch = () => {}, every = 50) {
  const path = join(folder, `${runId(spec)}.json`);
  writeFileSync(path, JSON.stringify(spec));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [kit, 'train', path, '--results', results], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
    const timer = setInterval(() => watch(child.pid), every);
    child.on('exit', (code, signal) => {
      clearInterval(timer);
      if (code === 0 || signal === 'SIGKILL') resolve(signal);
      else reject(new Error(`kit train ended with ${signal ?? code}`));
    });
  });
}

const recordOf = (results, spec) => JSON.parse(readFileSync(recordPath(results, spec.experiment, runId(spec)), 'utf8'));

function bitsOf(results) {
  const { curve, metrics } = recordOf(results, short);
  const embeddings = createHash('sha256').update(readFileSync(embeddingsPath(results, short.experiment, runId(short)))).digest('hex');
  return JSON.stringify({ curve, metrics, embeddings });
}

/** Whether a run gives the same bits once more, and where it was killed and gone on with. */
async function compareBits() {
  const [once, again, killed] = ['once', 'again', 'killed'].map((name) => join(folder, name));
  await start(short, once);
  await start(short, again);
  const saved = checkpointPath(killed, short.experiment, runId(short));
  let savedAt;
  const signal = await start(short, killed, (pid) => {
    if (!existsSync(saved)) return;
    savedAt ??= Date.now();
    // So that steps are lost and made again.
    if (Date.now() - savedAt > 1000) process.kill(-pid, 'SIGKILL');
  });
  if (signal !== 'SIGKILL') throw new Error('The run ended before it could be killed: take more --steps.');
  await start(short, killed);
  const [bits, ...others] = [once, again, killed].map(bitsOf);
  return { environment: recordOf(once, short).environment, same: { again: others[0] === bits, 'after kill -9': others[1] === bits } };
}

const compared = short.steps > 0 ? await compareBits() : undefined;

/** MiB in use on the first card, where there is an NVIDIA one. */
function cardMiB() {
  const { status, stdout } = spawnSync('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits'], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.trim().split('\n')[0]) : null;
}

/** MiB of a group's processes. */
function processesMiB(group) {
  const ofGroup = (stat) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) === group;
  let kib = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!ofGroup(readFileSync(`/proc/${pid}/stat`, 'utf8'))) continue;
      kib += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // Ended meanwhile.
    }
  }
  return Math.round(kib / 1024);
}

const memory = [];
const longStart = Date.now();
const longResults = join(folder, 'long');
if (long.steps > 0) await start(long, longResults, (group) => memory.push({ seconds: (Date.now() - longStart) / 1000, card: cardMiB(), processes: processesMiB(group) }), 1000);
const environment = compared?.environment ?? recordOf(longResults, long).environment;
const place = /gpu/.test(environment.backend) && memory[0]?.card != null ? 'card' : 'processes';
/** The first half holds the preparation, too, and the last samples the validation after the last step. */
const settled = memory.slice(Math.ceil(memory.length / 2), -2).map((sample) => sample[place]);
const middle = Math.floor(settled.length / 2);
const [third, fourth] = [settled.slice(0, middle), settled.slice(middle)].map(median);

const record = { format: 1, kind: 'run-again', ...provenance(), environment, spec: compared ? short : long, same: compared?.same, longSteps: long.steps, memory };
const { backend, device } = environment;
const bits = (same) => (same ? 'the same bits' : 'OTHER BITS');
writeResults(
  options.out,
  record,
  ['what', 'outcome'],
  [
    ...(compared
      ? [
          [`run of ${short.steps} steps, once more`, bits(compared.same.again)],
          [`run of ${short.steps} steps, killed (SIGKILL) after step ${short.validateEvery} and gone on with`, bits(compared.same['after kill -9'])],
        ]
      : []),
    ...(settled.length > 1 ? [[`memory of the ${place} over ${long.steps} steps, MiB, third and fourth quarter of the time (medians); at most`, `${third}, ${fourth}; ${Math.max(...memory.map((sample) => sample[place]))}`]] : []),
  ],
  [
    `${first.experiment}, ${first.method}, trains ${record.spec.model.trains}, batches of ${2 * first.batch.classes} pictures, ${backend} on ${device}.${compared ? ' Bits: losses, validation scores and test scores of the record, and every test embedding.' : ''}`,
  ],
);
process.exit(Object.values(compared?.same ?? {}).every(Boolean) ? 0 : 1);
