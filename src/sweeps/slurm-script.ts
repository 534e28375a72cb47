import { resolve } from 'node:path';
import { projectRoot } from '../experiments/environment.js';
import { REQUEUE_EXIT_CODE } from './run-task.js';
import type { SlurmOptions } from './slurm-options.js';
import { secondsOf } from './slurm-time.js';
import type { Sweep } from './sweep-plan.js';

/** Tasks of one `sbatch --array`. */
export interface ArrayBlock {
  /** Task of array index 0. */
  readonly first: number;
  /** Ascending, each at least `first`. */
  readonly tasks: readonly number[];
}

/** As few arrays as the cluster's MaxArraySize allows, which is one more than the largest index. */
export function blocksOf(tasks: readonly number[], size: number): ArrayBlock[] {
  const blocks = new Map<number, number[]>();
  for (const task of tasks) {
    const first = Math.floor(task / size) * size;
    blocks.set(first, [...(blocks.get(first) ?? []), task]);
  }
  return [...blocks].map(([first, own]) => ({ first, tasks: own }));
}

/** `0-3,7` of 0, 1, 2, 3 and 7. */
export function rangesOf(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

export function jobName({ name }: Pick<Sweep, 'name'>): string {
  return `kit-${name}`;
}

/** What is resolved before: every task has a time limit that Slurm can read, and a size. */
export type ScriptOptions = SlurmOptions & { readonly time: string; readonly mem: string };

/**
 * A batch script of an array. Before the time limit Slurm sends SIGUSR1 to the script, which passes it on; the kit saves
 * where it is and ends with 75, and the script requeues its own task. Preemption and the failure of a node are requeued by
 * Slurm itself, which sends SIGTERM where it can.
 */
export function arrayScript(
  sweep: Sweep,
  block: ArrayBlock,
  { options, maxParallel }: { readonly options: ScriptOptions; readonly maxParallel?: number },
): string {
  const { cpus = 1 } = options;
  const array = rangesOf(block.tasks.map((task) => task - block.first));
  const limit = maxParallel === undefined ? '' : `%${maxParallel}`;
  const lead = Math.min(120, Math.floor((secondsOf(options.time) as number) / 3));
  return `${[
    '#!/bin/bash',
    ...directives({
      'job-name': jobName(sweep),
      array: `${array}${limit}`,
      output: `${resolve(sweep.folder)}/logs/%A_%a.log`,
      'open-mode': 'append',
      signal: `B:USR1@${lead}`,
      partition: options.partition,
      account: options.account,
      qos: options.qos,
      constraint: options.constraint,
      time: options.time,
      mem: options.mem,
      'cpus-per-task': String(cpus),
      gres: options.gpus === undefined ? undefined : `gpu:${options.gpus}`,
    }),
    '#SBATCH --requeue',
    ...(options.sbatch ?? []).map((option) => `#SBATCH ${option}`),
    ...preamble(options),
    `task=$((${block.first} + SLURM_ARRAY_TASK_ID))`,
    'echo "Task $task as $SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID on $(hostname), start $((SLURM_RESTART_COUNT + 1))"',
    `${commandOf(options)} sweep run ${quoted(sweep.name)} --index "$task" --workers ${cpus} --results ${quoted(resolve(sweep.results))} &`,
    'kit=$!',
    "trap 'heard=1; over=1; kill -USR1 $kit 2>/dev/null' USR1",
    "trap 'heard=1; kill -TERM $kit 2>/dev/null' TERM",
    'wait $kit; code=$?',
    '# A signal ends the waiting, not the kit.',
    'while [ -n "$heard" ] && [ $code -gt 128 ]; do heard=; wait $kit; code=$?; done',
    `if [ $code -eq ${REQUEUE_EXIT_CODE} ] && [ -n "$over" ]; then`,
    '  # The whole name: the number alone may mean the whole array.',
    '  scontrol requeue "$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID" && sleep 60',
    'fi',
    'exit $code',
  ].join('\n')}\n`;
}

/** What runs when every task ended, however: tables, figures and page of the records that there are. */
export function collectScript(sweep: Sweep, after: readonly string[], options: ScriptOptions): string {
  return `${[
    '#!/bin/bash',
    ...directives({
      'job-name': `${jobName(sweep)}-collect`,
      output: `${resolve(sweep.folder)}/logs/%j_collect.log`,
      dependency: `afterany:${after.join(':')}`,
      partition: options.partition,
      account: options.account,
      qos: options.qos,
      constraint: options.constraint,
      time: '60',
      mem: options.mem,
    }),
    ...preamble(options),
    `exec ${commandOf(options)} sweep collect ${quoted(sweep.name)} --results ${quoted(resolve(sweep.results))}`,
  ].join('\n')}\n`;
}

function directives(given: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`#SBATCH --${name}=${/[\s"]/.test(value) ? JSON.stringify(value) : value}`],
  );
}

/** What the kit is told by variables holds on the node too, also where a site passes none on. */
function preamble({ setup = [] }: SlurmOptions): string[] {
  const variables = Object.entries(process.env).filter(([name]) =>
    /^(KIT_[A-Z0-9_]+|TF_DETERMINISTIC_OPS)$/.test(name),
  );
  return [
    ...setup,
    ...variables.map(([name, value]) => `export ${name}=${quoted(value ?? '')}`),
    `cd ${quoted(process.cwd())} || exit 1`,
  ];
}

function commandOf({ kit }: SlurmOptions): string {
  return kit ?? `${quoted(process.execPath)} ${quoted(resolve(projectRoot, 'dist', 'cli', 'main.js'))}`;
}

function quoted(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
