import { join } from 'node:path';
import { readExperiment } from '../experiments/experiment-file.js';
import { requireInputs } from '../experiments/missing-inputs.js';
import { runId } from '../experiments/run-spec.js';
import { PATIENCE_WITH_MACHINES, withLock } from '../files/file-lock.js';
import { makeFolder } from '../files/make-folder.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { indexedJob } from '../sweeps/indexed-job.js';
import { requireSameCommit, withoutRecord } from '../sweeps/run-task.js';
import { maxArraySize, submitScript } from '../sweeps/slurm-commands.js';
import { readSlurmOptions, type SlurmOptions, usualResources } from '../sweeps/slurm-options.js';
import {
  type ArrayBlock,
  arrayScript,
  blocksOf,
  collectScript,
  type ScriptOptions,
} from '../sweeps/slurm-script.js';
import { readSubmissions, type Submission, writeSubmission } from '../sweeps/submissions.js';
import { openSweep, type Sweep } from '../sweeps/sweep-plan.js';
import { packedInTasks } from '../sweeps/task-packing.js';
import { experimentPath } from './reproduce-command.js';
import { sweepCollectCommand } from './sweep-collect-command.js';
import { resultsOption } from './sweep-plan-command.js';
import { runHere } from './sweep-run-command.js';

export interface SweepSubmitOptions extends SlurmOptions {
  readonly on: 'local' | 'slurm';
  readonly options?: string;
  readonly dryRun?: boolean;
  readonly print?: 'indexed-job';
  readonly image: string;
  /** Of `--on local`. */
  readonly workers?: number;
  readonly failFast?: boolean;
  readonly results: string;
}

/** `kit sweep submit`: hands the tasks to Slurm, or does them here. */
export async function sweepSubmitCommand(
  name: string | undefined,
  options: SweepSubmitOptions,
): Promise<void> {
  const sweep = openSweep(options.results, name);
  if (options.print === 'indexed-job') {
    const { maxParallel, image, mem, cpus, gpus } = options;
    process.stdout.write(indexedJob(sweep, { maxParallel, image, mem, cpus, gpus }));
    return;
  }
  requireExperimentUnchanged(sweep);
  requireSameCommit(sweep);
  const left = withoutRecord(sweep, sweep.planned);
  if (left.length > 0) requireInputs(left.map(({ spec }) => spec));
  if (options.on === 'local') {
    await submitHere(sweep, 'submit', options);
    return;
  }
  const open = new Set(left.map(({ id }) => id));
  const submitted = readSubmissions(sweep).flatMap(({ tasks }) => tasks);
  const tasks = packedInTasks(sweep.planned, sweep.tasks)
    .map((runs, task) => ({ runs, task }))
    .filter(({ runs, task }) => runs.some(({ id }) => open.has(id)) && !submitted.includes(task))
    .map(({ task }) => task);
  if (tasks.length === 0) {
    process.stdout.write(nothingToSubmit(sweep, left.length));
    return;
  }
  await submitToSlurm(sweep, tasks, 'submit', options);
}

function nothingToSubmit(sweep: Sweep, left: number): string {
  const { name, results } = sweep;
  const more = `${name}${resultsOption(results)}`;
  if (left === 0)
    return `Nothing to submit: every run has its record. kit sweep collect ${more} writes the page.\n`;
  const last = readSubmissions(sweep).at(-1) as Submission;
  const where = last.job === undefined ? 'on a machine' : `to Slurm as job ${last.job}`;
  return `Nothing to submit: it was submitted already, last ${where}, ${last.at}. kit sweep status ${more} says how far it is; kit sweep retry ${more} submits what failed or is missing.\n`;
}

/** The manifest holds what will run; a reader of the experiment file must not think that it is something else. */
function requireExperimentUnchanged({ name, source, ids }: Sweep): void {
  const { experiment, ...choice } = source;
  let now: string[];
  try {
    now = readExperiment(experimentPath(experiment), choice).specs.map(runId);
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    throw new KitError(
      'invalid-spec',
      `${name} was planned from ${experiment}, which cannot be laid out any more: ${error.message}`,
    );
  }
  const [before, after] = [new Set(ids), new Set(now)];
  const gone = ids.filter((id) => !after.has(id)).length;
  const added = now.filter((id) => !before.has(id)).length;
  if (gone + added === 0) return;
  throw new KitError(
    'invalid-spec',
    `${experiment} was changed since ${name} was planned: ${gone} of its ${ids.length} runs are no longer in it, ${added} are new. Plan again (kit sweep plan ${experiment}): that is a sweep of its own, and runs that stayed the same keep their records. Or put the file back.`,
  );
}

/** The pool of this machine over all runs; several machines may do that at once. */
export async function submitHere(
  sweep: Sweep,
  kind: Submission['kind'],
  { workers, failFast, results }: Pick<SweepSubmitOptions, 'workers' | 'failFast' | 'results'>,
): Promise<void> {
  const tasks = Array.from({ length: sweep.tasks }, (_, task) => task);
  await alone(sweep, async () => {
    writeSubmission(sweep, { kind, on: 'local', tasks });
  });
  const whole = await runHere(sweep, sweep.planned, { workers, failFast, label: sweep.name });
  const stopped = process.exitCode !== undefined && process.exitCode !== 0 && process.exitCode !== 1;
  if (!stopped && (whole || !failFast)) await sweepCollectCommand(sweep.name, { results });
}

/** One `sbatch --array` for as many tasks as an array of the cluster holds, and one job after them that collects. */
export async function submitToSlurm(
  sweep: Sweep,
  tasks: readonly number[],
  kind: Submission['kind'],
  given: SweepSubmitOptions,
): Promise<void> {
  const asked = askedFor(given, kind === 'retry' ? lastAsked(sweep) : {});
  const options = resolved(sweep, asked);
  const size = options.arrayLimit ?? (given.dryRun ? sizeOrUsual() : maxArraySize());
  const blocks = blocksOf(tasks, size);
  const script = (block: ArrayBlock, i: number) =>
    arrayScript(sweep, block, { options, maxParallel: shareOf(options.maxParallel, blocks.length, i) });
  if (given.dryRun) {
    process.stdout.write(blocks.map(script).join('\n'));
    process.stdout.write(`\n${collectScript(sweep, ['<the jobs above>'], options)}`);
    return;
  }
  await alone(sweep, async () => {
    const taken = readSubmissions(sweep).flatMap((one) => one.tasks);
    if (kind === 'submit' && tasks.some((task) => taken.includes(task))) {
      process.stdout.write(nothingToSubmit(sweep, 1));
      return;
    }
    makeFolder(join(sweep.folder, 'logs'));
    const jobs: string[] = [];
    for (const [i, block] of blocks.entries()) {
      const path = scriptPath(sweep, `${kind}-${block.first}`);
      writeFileWhole(path, script(block, i));
      const job = submitScript(path);
      writeSubmission(sweep, { kind, on: 'slurm', job, first: block.first, tasks: block.tasks, asked });
      jobs.push(job);
      process.stdout.write(
        `Job ${job}: ${block.tasks.length} tasks, ${block.tasks[0]} to ${block.tasks.at(-1)}.\n`,
      );
    }
    const path = scriptPath(sweep, 'collect');
    writeFileWhole(path, collectScript(sweep, jobs, options));
    process.stdout.write(`Job ${submitScript(path)}: tables, figures and page, after them.\n`);
    process.stdout.write(
      `kit sweep status ${sweep.name}${resultsOption(sweep.results)} --watch says how far it is.\n`,
    );
  });
}

type Asked = NonNullable<Submission['asked']>;

/** Over what was asked for before, since a cluster that needed it then needs it again. */
function askedFor(given: SweepSubmitOptions, before: Asked): Asked {
  const { partition, account, time, mem, gpus, cpus, arrayLimit, maxParallel, options } = given;
  const now = { partition, account, time, mem, gpus, cpus, arrayLimit, maxParallel, options };
  return { ...before, ...Object.fromEntries(Object.entries(now).filter(([, value]) => value !== undefined)) };
}

function lastAsked(sweep: Sweep): Asked {
  return readSubmissions(sweep).findLast(({ asked }) => asked !== undefined)?.asked ?? {};
}

function resolved(sweep: Sweep, { options: path, ...asked }: Asked): ScriptOptions {
  const options = readSlurmOptions(asked, path);
  return { ...usualResources(packedInTasks(sweep.planned, sweep.tasks), options.cpus), ...options };
}

/** Slurm limits what runs of one array; of several, each gets its part. */
function shareOf(maxParallel: number | undefined, arrays: number, i: number): number | undefined {
  if (maxParallel === undefined) return undefined;
  return Math.max(1, Math.floor(maxParallel / arrays) + (i < maxParallel % arrays ? 1 : 0));
}

function sizeOrUsual(): number {
  try {
    return maxArraySize();
  } catch {
    return 1001;
  }
}

function scriptPath(sweep: Sweep, name: string): string {
  const number = readSubmissions(sweep).length + 1;
  return join(sweep.folder, 'scripts', `${String(number).padStart(4, '0')}-${name}.sh`);
}

/** Two who submit at the same time must see each other's jobs. */
function alone(sweep: Sweep, work: () => Promise<void>): Promise<void> {
  const path = join(sweep.folder, 'claims', 'submit');
  return withLock(path, work, { patience: PATIENCE_WITH_MACHINES, doing: `is submitting ${sweep.name}` });
}
