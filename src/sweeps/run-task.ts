import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { commitOf, projectRoot } from '../experiments/environment.js';
import { runAll } from '../experiments/run-pool.js';
import { type RunSpec, runId } from '../experiments/run-spec.js';
import type { ClaimHolder } from '../files/claim.js';
import { KitError } from '../kit-error.js';
import { ClaimedRuns } from './claimed-runs.js';
import { forgetFailedRun, writeFailedRun } from './failed-runs.js';
import { headPath, type PlannedRun, type Sweep } from './sweep-plan.js';

/** Asks whoever started the task to start it again: EX_TEMPFAIL of sysexits.h. */
export const REQUEUE_EXIT_CODE = 75;

export interface RunTaskOptions {
  /** Side by side; default as the pool has it. */
  readonly workers?: number;
  /** Stop at the first run that fails. */
  readonly failFast?: boolean;
  readonly signal: AbortSignal;
  onStep?(spec: RunSpec, step: number): void;
  onEmbedded?(spec: RunSpec, done: number, total: number): void;
  onDone?(spec: RunSpec): void;
  onFailed?(spec: RunSpec, error: Error): void;
  onWait?(spec: RunSpec, holder: ClaimHolder | null): void;
}

/** Runs that have no record yet. */
export function withoutRecord(
  { results }: Pick<Sweep, 'results'>,
  runs: readonly PlannedRun[],
): PlannedRun[] {
  const done = new Set<string>();
  for (const experiment of new Set(runs.map(({ spec }) => spec.experiment))) {
    const folder = join(results, 'runs', experiment);
    if (existsSync(folder)) for (const file of readdirSync(folder)) done.add(`${experiment}/${file}`);
  }
  return runs.filter(({ id, spec }) => !done.has(`${spec.experiment}/${id}.json`));
}

/**
 * Does runs of a sweep that have no record; those that others are doing are waited for. One that fails stops no other; it
 * is written down, and its checkpoint stays.
 *
 * @returns how many failed
 * @throws KitError `cancelled` after each run at work was saved at the step it was at; the first failure with `failFast`;
 *   what no other run would escape (disk full, results folder gone)
 */
export async function runTask(
  sweep: Sweep,
  runs: readonly PlannedRun[],
  options: RunTaskOptions,
): Promise<number> {
  const { results } = sweep;
  const specs = runs.map(({ spec }) => spec);
  const proof = headPath(sweep);
  const queue = new ClaimedRuns(specs, { results, proof, signal: options.signal, onWait: options.onWait });
  let failures = 0;
  const fail = (spec: RunSpec, error: Error) => {
    writeFailedRun(
      sweep,
      runId(spec),
      error instanceof KitError ? error.message : (error.stack ?? error.message),
    );
    queue.release(spec);
    failures++;
    options.onFailed?.(spec, error);
    if (options.failFast) throw error;
  };
  try {
    await runAll(specs, {
      results,
      proof,
      queue,
      workers: options.workers,
      signal: options.signal,
      onStep: options.onStep,
      onEmbedded: options.onEmbedded,
      onDone: (spec) => {
        queue.release(spec);
        forgetFailedRun(sweep, runId(spec));
        options.onDone?.(spec);
      },
      onFailed: fail,
    });
  } finally {
    queue.releaseAll();
  }
  return failures;
}

/**
 * Runs of two commits must not stand in one table as one, and a checkpoint goes on only with the code that made it.
 *
 * @returns a sentence where this machine cannot tell, undefined where all is well
 * @throws KitError `invalid-spec`
 */
export function requireSameCommit(sweep: Sweep): string | undefined {
  const here = commitOf(projectRoot);
  if (here === sweep.commit) return undefined;
  if (here === 'unknown')
    return `No git here, or no checkout: whether this is ${sweep.commit}, of which the sweep was planned, cannot be told, and records will say "unknown".`;
  throw new KitError(
    'invalid-spec',
    `${sweep.name} was planned with the code of commit ${sweep.commit}; here is ${here}. Runs of both would stand in one table. Check that commit out and build it, or plan again (kit sweep plan ${sweep.source.experiment}): what has a record is not run again.`,
  );
}
