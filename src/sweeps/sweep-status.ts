import { type ClaimHolder, Claims } from '../files/claim.js';
import { KitError } from '../kit-error.js';
import { claimsFolder } from './claimed-runs.js';
import { type FailedRun, readFailedRuns } from './failed-runs.js';
import { withoutRecord } from './run-task.js';
import {
  parseSacct,
  parseSqueue,
  SACCT_ARGUMENTS,
  type SlurmTask,
  SQUEUE_ARGUMENTS,
} from './slurm-accounting.js';
import { slurm } from './slurm-commands.js';
import { jobName } from './slurm-script.js';
import { jobsOfSlurm, readSubmissions, type Submission } from './submissions.js';
import type { PlannedRun, Sweep } from './sweep-plan.js';
import { packedInTasks } from './task-packing.js';

/**
 * `planned` was handed to nobody yet. `missing` was, and now nobody has it though its records are not all there: it was
 * cancelled by force, or its results went away.
 */
export type TaskState =
  | 'planned'
  | 'waiting'
  | 'running'
  | 'done'
  | 'failed'
  | 'timed out'
  | 'cancelled'
  | 'missing';

export interface TaskStatus {
  readonly task: number;
  readonly state: TaskState;
  readonly runs: readonly PlannedRun[];
  /** Those without a record. */
  readonly left: readonly PlannedRun[];
  /** Times that it was submitted. */
  readonly tries: number;
  /** What Slurm or the kit says of it. */
  readonly detail?: string;
  /** Of the current or the last try. */
  readonly seconds?: number;
  /** `<job>_<index>` of the last try on Slurm. */
  readonly slurmId?: string;
  /** Its runs that failed in the last try. */
  readonly failures: readonly FailedRun[];
}

/** What Slurm knows of the sweep's jobs; null where that could not be asked. */
export interface SlurmView {
  readonly queue: readonly SlurmTask[] | null;
  readonly accounting: readonly SlurmTask[] | null;
  /** Why something could not be asked. */
  readonly gaps: readonly string[];
}

/** Two calls of Slurm whatever the number of tasks; none where nothing was submitted to it. */
export function askSlurm(sweep: Sweep): SlurmView {
  const jobs = jobsOfSlurm(readSubmissions(sweep)).map(({ job }) => job);
  if (jobs.length === 0) return { queue: [], accounting: [], gaps: [] };
  const gaps: string[] = [];
  const ask = <T>(command: string, args: readonly string[], parse: (text: string) => T): T | null => {
    try {
      return parse(slurm(command, args));
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      gaps.push(error.message);
      return null;
    }
  };
  return {
    queue: ask('squeue', [...SQUEUE_ARGUMENTS, `--name=${jobName(sweep)}`], parseSqueue),
    accounting: ask('sacct', [...SACCT_ARGUMENTS, '-j', jobs.join(',')], parseSacct),
    gaps,
  };
}

/** Slurm's words for a task that is in its hands. */
const WAITING = ['PENDING', 'REQUEUED', 'REQUEUE_FED', 'REQUEUE_HOLD', 'SPECIAL_EXIT', 'RESV_DEL_HOLD'];
const RUNNING = [
  'RUNNING',
  'CONFIGURING',
  'COMPLETING',
  'SUSPENDED',
  'STOPPED',
  'SIGNALING',
  'STAGE_OUT',
  'RESIZING',
];

/** Slurm's accounting is written a little after a job ends or is submitted. */
const ACCOUNTING_DELAY_MS = 120_000;

/** Every task of a sweep, from Slurm, the claims and the records. */
export function taskStatuses(sweep: Sweep, view: SlurmView): TaskStatus[] {
  const left = new Set(withoutRecord(sweep, sweep.planned).map(({ id }) => id));
  const failed = readFailedRuns(sweep);
  const submissions = readSubmissions(sweep);
  const claims = new Claims(claimsFolder(sweep.results));
  const tries = Array.from({ length: sweep.tasks }, (): Submission[] => []);
  for (const submission of submissions) for (const task of submission.tasks) tries[task]?.push(submission);
  const queue = byTask(view.queue ?? []);
  const accounting = byTask(view.accounting ?? []);
  return packedInTasks(sweep.planned, sweep.tasks).map((runs, task) => {
    const missing = runs.filter(({ id }) => left.has(id));
    const failures = missing.flatMap(({ id }) => failed.get(id) ?? []);
    const jobs = jobsOfSlurm(tries[task]).map(({ job, first }) => `${job}_${task - first}`);
    const common = { task, runs, left: missing, tries: tries[task].length, failures, slurmId: jobs.at(-1) };
    if (missing.length === 0) {
      const seconds = jobs.map((job) => accounting.get(job)?.seconds).findLast((one) => one !== undefined);
      return { ...common, state: 'done', seconds };
    }
    const queued = jobs.map((job) => queue.get(job)).findLast((one) => one !== undefined);
    if (queued !== undefined) return { ...common, ...inQueue(queued) };
    const holder = missing.map(({ id }) => claims.holder(id)).find((one) => one !== null) ?? null;
    if (holder !== null) return { ...common, state: 'running', detail: `on ${placeOf(holder)}` };
    const last = tries[task].at(-1);
    if (last === undefined) return { ...common, state: failures.length > 0 ? 'failed' : 'planned' };
    const known = jobs.length > 0 ? accounting.get(jobs[jobs.length - 1]) : undefined;
    if (last.on === 'slurm' && known === undefined && !queueTells(view, last))
      return { ...common, state: 'waiting', detail: 'submitted; Slurm does not list it yet' };
    if (known === undefined) return { ...common, state: failures.length > 0 ? 'failed' : 'missing' };
    return { ...common, ...ended(known, view, failures) };
  });
}

/** A task that the queue does not list is in nobody's hands, but for a moment after it was submitted. */
function queueTells({ queue }: SlurmView, { at }: Submission): boolean {
  return queue !== null && Date.now() - Date.parse(at) > ACCOUNTING_DELAY_MS;
}

function byTask(tasks: readonly SlurmTask[]): Map<string, SlurmTask> {
  return new Map(tasks.map((task) => [`${task.job}_${task.index}`, task]));
}

function inQueue({
  state,
  reason,
  seconds,
  node,
}: SlurmTask): Pick<TaskStatus, 'state' | 'detail' | 'seconds'> {
  if (WAITING.includes(state)) return { state: 'waiting', detail: reason };
  const detail = [
    node === undefined ? [] : `on ${node}`,
    state === 'RUNNING' ? [] : state.toLowerCase(),
  ].flat();
  return { state: 'running', detail: detail.join(', '), seconds };
}

/** What accounting says of a task that is not in the queue. */
function ended(
  { state, exitCode, seconds }: SlurmTask,
  { queue }: SlurmView,
  failures: readonly FailedRun[],
): Pick<TaskStatus, 'state' | 'detail' | 'seconds'> {
  const detail = `${state}${exitCode === undefined || exitCode === '0:0' ? '' : `, exit code ${exitCode}`}`;
  const common = { detail, seconds };
  switch (state) {
    case 'TIMEOUT':
    case 'DEADLINE':
      return { ...common, state: 'timed out' };
    case 'CANCELLED':
    case 'REVOKED':
      return { ...common, state: 'cancelled' };
    case 'COMPLETED':
      return { ...common, state: failures.length > 0 ? 'failed' : 'missing' };
    default:
      // Accounting lags behind the queue, which is asked first; without the queue it is what there is.
      if (queue === null && WAITING.includes(state)) return { ...common, state: 'waiting' };
      if (queue === null && RUNNING.includes(state)) return { ...common, state: 'running' };
      if (WAITING.includes(state) || RUNNING.includes(state)) return { ...common, state: 'missing' };
      return { ...common, state: 'failed' };
  }
}

export function placeOf({ host, pid }: ClaimHolder): string {
  return `${host}, process ${pid}`;
}

/** Whether somebody is at it, or will be. */
export function isInHand({ state }: TaskStatus): boolean {
  return state === 'waiting' || state === 'running';
}

/** Tries after the first that `kit sweep retry` makes. */
export const MOST_RETRIES = 3;

/** What retry would submit, and what it gives up. */
export function toRetry(statuses: readonly TaskStatus[]): {
  readonly again: readonly TaskStatus[];
  readonly givenUp: readonly TaskStatus[];
} {
  const open = statuses.filter(
    (status) => status.state !== 'done' && status.state !== 'planned' && !isInHand(status),
  );
  return {
    again: open.filter(({ tries }) => tries <= MOST_RETRIES),
    givenUp: open.filter(({ tries }) => tries > MOST_RETRIES),
  };
}

/**
 * Seconds until all is done: what is left of each task, at the pace of the finished ones, over as many side by side as run
 * now. Undefined while nothing runs.
 */
export function secondsLeft(statuses: readonly TaskStatus[]): number | undefined {
  const running = statuses.filter(({ state }) => state === 'running').length;
  if (running === 0) return undefined;
  const sum = (runs: readonly PlannedRun[]) => runs.reduce((total, { seconds }) => total + seconds, 0);
  const timed = statuses.filter(
    ({ state, seconds }) => state === 'done' && seconds !== undefined && seconds > 0,
  );
  const expected = timed.reduce((total, { runs }) => total + sum(runs), 0);
  const pace = expected > 0 ? timed.reduce((total, { seconds = 0 }) => total + seconds, 0) / expected : 1;
  const open = statuses.filter(isInHand).reduce((total, { state, runs, left, seconds = 0 }) => {
    // Of its first run it is not known how far that is.
    const spent = state === 'running' && left.length === runs.length ? seconds : 0;
    return total + Math.max(0, pace * sum(left) - spent);
  }, 0);
  return open / running;
}
