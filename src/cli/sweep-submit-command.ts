import { requireInputs } from '../experiments/missing-inputs.js';
import { indexedJob } from '../sweeps/indexed-job.js';
import { requireSameCommit, withoutRecord } from '../sweeps/run-task.js';
import type { SlurmOptions } from '../sweeps/slurm-options.js';
import { readSubmissions, type Submission } from '../sweeps/submissions.js';
import {
  requireExperimentUnchanged,
  scriptsOf,
  submitScripts,
  submittedHere,
  unsubmittedTasks,
} from '../sweeps/submit-sweep.js';
import { openSweep, type Sweep } from '../sweeps/sweep-plan.js';
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
  const tasks = unsubmittedTasks(sweep);
  if (tasks.length === 0) process.stdout.write(nothingToSubmit(sweep, left.length));
  else await submitToSlurm(sweep, tasks, 'submit', options);
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

/** The pool of this machine over all runs; several machines may do that at once. */
export async function submitHere(
  sweep: Sweep,
  kind: Submission['kind'],
  { workers, failFast, results }: Pick<SweepSubmitOptions, 'workers' | 'failFast' | 'results'>,
): Promise<void> {
  await submittedHere(sweep, kind);
  const whole = await runHere(sweep, sweep.planned, { workers, failFast, label: sweep.name });
  const stopped = process.exitCode !== undefined && process.exitCode !== 0 && process.exitCode !== 1;
  if (!stopped && (whole || !failFast)) await sweepCollectCommand(sweep.name, { results });
}

/** Says each job as soon as Slurm has it: a later one may be refused. */
export async function submitToSlurm(
  sweep: Sweep,
  tasks: readonly number[],
  kind: Submission['kind'],
  given: SweepSubmitOptions,
): Promise<void> {
  const { partition, account, time, mem, gpus, cpus, arrayLimit, maxParallel, options } = given;
  const asked = { partition, account, time, mem, gpus, cpus, arrayLimit, maxParallel, options };
  if (given.dryRun) {
    process.stdout.write(scriptsOf(sweep, tasks, { kind, asked }).join('\n'));
    return;
  }
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const submitted = await submitScripts(sweep, tasks, {
    kind,
    asked,
    onArray: (job, own) => print(`Job ${job}: ${own.length} tasks, ${own[0]} to ${own.at(-1)}.`),
  });
  if (submitted === null) {
    process.stdout.write(nothingToSubmit(sweep, tasks.length));
    return;
  }
  print(`Job ${submitted.collects}: tables, figures and page, after them.`);
  print(`kit sweep status ${sweep.name}${resultsOption(sweep.results)} --watch says how far it is.`);
}
