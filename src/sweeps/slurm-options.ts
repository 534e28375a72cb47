import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readSpecFile } from '../experiments/read-spec-file.js';
import { parseWith } from '../experiments/run-spec.js';
import { KitError } from '../kit-error.js';
import { secondsOf } from './slurm-time.js';
import type { PlannedRun } from './sweep-plan.js';

const count = z.int().positive();
const word = z.string().min(1);

const schema = z.strictObject({
  partition: word.optional(),
  account: word.optional(),
  qos: word.optional(),
  constraint: word.optional(),
  /** Of a task, as sbatch takes it; a run that needs longer is requeued and goes on. */
  time: word.optional(),
  /** Of a task, as sbatch takes it. */
  mem: word.optional(),
  /** Of a task: 1, or a type and 1. */
  gpus: z.union([z.int(), word]).optional(),
  /** Of a task: so many runs side by side, one core each. */
  cpus: count.optional(),
  /** Tasks of one array; default the cluster's MaxArraySize. */
  arrayLimit: count.optional(),
  /** Tasks that run at the same time. */
  maxParallel: count.optional(),
  /** Lines of the script before the kit is called, such as `module load nodejs`. */
  setup: z.array(z.string()).optional(),
  /** Further options of sbatch, such as `--exclusive`. */
  sbatch: z.array(z.string().startsWith('-')).optional(),
  /** How the kit is called there, for instance in a container; default this Node and this installation. */
  kit: word.optional(),
});

/** What `sweep.slurm.json` holds, so that nobody types it twice. */
export type SlurmOptions = Readonly<z.infer<typeof schema>>;

const SLURM_OPTIONS_FILE = 'sweep.slurm.json';

/**
 * The file's options, and over them those of the command line.
 *
 * @param path default: `sweep.slurm.json` where it is there
 * @throws KitError `invalid-spec` naming every fault
 */
export function readSlurmOptions(given: SlurmOptions, path?: string): SlurmOptions {
  const file = path ?? SLURM_OPTIONS_FILE;
  if (path !== undefined && !existsSync(path))
    throw new KitError('invalid-argument', `There is no file ${path} of options for Slurm.`);
  const base = existsSync(file) ? parseWith(schema, readSpecFile(file), file) : {};
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options = parseWith(schema, { ...base, ...own }, 'The options for Slurm');
  requireOneGpu(options.gpus);
  requireTime(options.time);
  return options;
}

function requireOneGpu(gpus: SlurmOptions['gpus']): void {
  if (gpus === undefined || /^([\w.-]+:)?1$/.test(String(gpus))) return;
  throw new KitError(
    'invalid-argument',
    `gpus is ${gpus}; a run computes on one GPU, so a task takes "1" or "<type>:1". Several GPUs do several tasks at once (maxParallel).`,
  );
}

function requireTime(time: string | undefined): void {
  if (time === undefined || secondsOf(time) !== undefined) return;
  throw new KitError(
    'invalid-argument',
    `The time limit is "${time}"; expected minutes, hours:minutes:seconds or days-hours:minutes:seconds.`,
  );
}

/** What a task is asked for where nobody said: three times its expected length, and a quarter more memory than was seen. */
export function usualResources(
  tasks: readonly (readonly PlannedRun[])[],
  cpus = 1,
): { readonly time: string; readonly mem: string } {
  const longest = Math.max(...tasks.map((runs) => runs.reduce((sum, { seconds }) => sum + seconds, 0)));
  const memory = Math.max(...tasks.flat().map((run) => run.memory));
  return {
    time: String(Math.max(10, Math.ceil((3 * longest) / 60))),
    mem: `${Math.ceil((1.25 * cpus * memory + COMMAND_BYTES) / 2 ** 20)}M`,
  };
}

/** The process that hands out the runs, with the data that it looked through. */
const COMMAND_BYTES = 2 ** 29;
