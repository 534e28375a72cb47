import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { takesFeatures } from '../experiments/experiment-data.js';
import { readRecord, recordPath } from '../experiments/record-store.js';
import type { RunSpec } from '../experiments/run-spec.js';
import { cacheFolder } from '../files/cache-folder.js';
import { withLock } from '../files/file-lock.js';
import { KitError } from '../kit-error.js';
import { REQUEUE_EXIT_CODE, requireSameCommit, runTask, withoutRecord } from '../sweeps/run-task.js';
import { openSweep, type PlannedRun, type Sweep } from '../sweeps/sweep-plan.js';
import { runsOfTask } from '../sweeps/task-packing.js';
import { prepareData, trainingProgress } from './progress.js';

export interface SweepRunOptions {
  /** Default: `JOB_COMPLETION_INDEX`, which an indexed job of Kubernetes sets. */
  readonly index?: number;
  /** So many tasks instead of the plan's. */
  readonly of?: number;
  readonly workers: number;
  readonly failFast?: boolean;
  readonly results: string;
}

/** `kit sweep run`: one task of a sweep. Exit code 0: every run has its record; 1: some failed; 75: start it again. */
export async function sweepRunCommand(name: string | undefined, options: SweepRunOptions): Promise<void> {
  const sweep = openSweep(options.results, name);
  const index = options.index ?? indexOfJob();
  const count = options.of ?? sweep.tasks;
  const runs = runsOfTask(sweep.planned, { index, count });
  const label = `${sweep.name}, task ${index} of ${count}`;
  await runHere(sweep, runs, { ...options, label });
}

function indexOfJob(): number {
  const index = Number(process.env.JOB_COMPLETION_INDEX ?? Number.NaN);
  if (Number.isInteger(index) && index >= 0) return index;
  throw new KitError(
    'invalid-argument',
    'Which task? --index <i>, from 0 (Kubernetes sets JOB_COMPLETION_INDEX, which is taken too).',
  );
}

/**
 * Runs of a sweep on this machine, with SIGTERM, SIGUSR1 and Ctrl-C ending it after the step it is at.
 *
 * @returns whether every run has its record; sets the exit code
 */
export async function runHere(
  sweep: Sweep,
  runs: readonly PlannedRun[],
  {
    workers,
    failFast,
    label,
  }: { readonly workers?: number; readonly failFast?: boolean; readonly label: string },
): Promise<boolean> {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const missing = withoutRecord(sweep, runs);
  print(`${label}: ${runs.length} runs, ${missing.length} without a record.`);
  if (missing.length === 0) return true;
  const doubt = requireSameCommit(sweep);
  if (doubt !== undefined) process.stderr.write(`${doubt}\n`);
  const stopping = stopOnSignals();
  const specs = missing.map(({ spec }) => spec);
  // Features that were made stay in the cache.
  let gained = specs.some(takesFeatures);
  const first = new Map<RunSpec, number>();
  let progress: ReturnType<typeof trainingProgress> | undefined;
  try {
    await prepareOnce(sweep, specs, stopping.signal);
    gained = false;
    progress = trainingProgress(specs);
    const { step, embedded, done } = progress;
    const failures = await runTask(sweep, missing, {
      workers,
      failFast,
      signal: stopping.signal,
      onStep: (spec, at) => {
        first.set(spec, first.get(spec) ?? at);
        gained ||= at > (first.get(spec) as number);
        step(spec, at);
      },
      onEmbedded: embedded,
      onDone: (spec) => {
        gained = true;
        done(spec);
        print(`Done: ${spec.method}, seed ${spec.seed}.`);
      },
      onFailed: (_, error) => {
        process.stderr.write(`Failed: ${error.message}\n`);
      },
      onWait: (spec, holder) =>
        print(
          `${spec.method}, seed ${spec.seed}, is being run by ${holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`}; waiting for its record, or to take it over.`,
        ),
    });
    progress.stop();
    const left = withoutRecord(sweep, runs).length;
    if (left === 0) print('Every run has its record.');
    else print(`${failures} failed, ${left} of ${runs.length} runs are without a record.`);
    if (left > 0) process.exitCode = 1;
    return left === 0;
  } catch (error) {
    progress?.stop();
    if (!stopping.signal.aborted || !(error instanceof KitError) || error.code !== 'cancelled') throw error;
    sayStopped(stopping.by(), gained);
    return false;
  }
}

function sayStopped(signal: string, gained: boolean): void {
  // By its time limit, without a step: the next try would end there too.
  const hopeless = signal === 'SIGUSR1' && !gained;
  process.stderr.write(
    hopeless
      ? 'Stopped by the time limit before one step was done: it needs a longer --time.\n'
      : `Stopped (${signal}); what was done is saved, and the same command goes on from there.\n`,
  );
  process.exitCode = hopeless ? 1 : signal === 'SIGINT' ? 130 : REQUEUE_EXIT_CODE;
}

/** Clusters send a signal several times, to the job and to each of its processes; only a second Ctrl-C is impatience. */
function stopOnSignals(): { readonly signal: AbortSignal; by(): string } {
  const controller = new AbortController();
  let by = '';
  for (const signal of ['SIGTERM', 'SIGUSR1', 'SIGINT'] as const) {
    const stop = () => {
      by ||= signal;
      controller.abort();
    };
    if (signal === 'SIGINT') process.once(signal, stop);
    else process.on(signal, stop);
  }
  return { signal: controller.signal, by: () => by };
}

/** Of several tasks that begin at once, one makes the features; the others wait for them. */
async function prepareOnce(sweep: Sweep, specs: readonly RunSpec[], signal: AbortSignal): Promise<void> {
  const prepare = async () => {
    const paths = sweep.ids.map((id) => recordPath(sweep.results, sweep.experiment.name, id));
    const done = paths.find((path) => existsSync(path));
    await prepareData(specs, done === undefined ? [] : [readRecord(done)], signal);
  };
  if (!specs.some(takesFeatures)) return prepare();
  const path = join(cacheFolder(), 'claims', 'prepare');
  return withLock(path, prepare, { patience: Number.POSITIVE_INFINITY, signal });
}
