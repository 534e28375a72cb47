import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { type BackendName, isGpu } from '../backends/start-backend.js';
import { KitError, type KitErrorCode } from '../kit-error.js';
import type { RunSpec } from './run-spec.js';
import type { WorkerOrder, WorkerReport } from './run-worker.js';

export interface RunPoolOptions {
  readonly results: string;
  /** Write the trained networks beside the records. */
  readonly keep?: boolean;
  /** Processes side by side; default one a GPU, else one for each core, at most so many as the memory holds. */
  readonly workers?: number;
  onStep?(spec: RunSpec, step: number): void;
  onDone?(spec: RunSpec): void;
  readonly signal?: AbortSignal;
}

/** GiB of a worker that trains that much of GoogLeNet with 64 pictures, as environment.md has it; 3 else. */
const DEEP_WORKER: Readonly<Record<string, number>> = { 'from-4a': 5, all: 10 };

const memoryOf = ({ model }: RunSpec) =>
  ((model.name === 'googlenet' ? DEEP_WORKER[model.trains] : undefined) ?? 3) * 2 ** 30;

/** Side by side where nothing else is asked for. @param backend what they compute with */
export function processesFor(
  specs: readonly RunSpec[],
  { workers, backend }: { readonly workers?: number; readonly backend: BackendName },
): number {
  const affordable = Math.max(1, Math.floor(totalmem() / Math.max(...specs.map(memoryOf))));
  const usual = isGpu(backend) ? 1 : Math.min(availableParallelism(), affordable);
  return Math.min(workers ?? usual, specs.length);
}

/**
 * Runs specs in worker processes, one thread each: two processes with one thread finish more runs than
 * one with two, and a run's numbers do not depend on how many run beside it.
 *
 * @throws KitError the first failure, after the other workers were stopped; `cancelled` when `signal` aborts.
 *   Finished runs keep their records, unfinished ones their checkpoints.
 */
export async function runAll(specs: readonly RunSpec[], options: RunPoolOptions): Promise<void> {
  if (options.signal?.aborted) throw new KitError('cancelled', 'Stopped.');
  const waiting = [...specs];
  const workers: ChildProcess[] = [];
  const stop = () => {
    for (const worker of workers) worker.kill('SIGKILL');
  };
  options.signal?.addEventListener('abort', stop);
  try {
    const begin = () => workThrough(waiting, workers, options);
    const first = begin();
    const backend = await Promise.race([first.backend, first.done]);
    const size = typeof backend === 'string' ? processesFor(specs, { ...options, backend }) : 1;
    const others = Array.from({ length: size - 1 }, () => begin().done);
    await Promise.all([first.done, ...others]);
  } finally {
    stop();
    options.signal?.removeEventListener('abort', stop);
  }
}

/** A worker process: what it computes with, as soon as it says so, and its end when nothing is left to do. */
function workThrough(
  waiting: RunSpec[],
  workers: ChildProcess[],
  options: RunPoolOptions,
): { readonly backend: Promise<BackendName>; readonly done: Promise<void> } {
  const worker = fork(join(__dirname, 'run-worker.js'), { execArgv: [] });
  workers.push(worker);
  const backend = new Promise<BackendName>((resolve) => {
    worker.on('message', (report: WorkerReport) => report.kind === 'started' && resolve(report.backend));
  });
  const done = new Promise<void>((resolve, reject) => {
    let spec: RunSpec | undefined;
    const next = () => {
      spec = waiting.shift();
      if (spec === undefined) {
        worker.disconnect();
        resolve();
      } else
        worker.send({ spec, results: options.results, keep: options.keep, threads: 1 } satisfies WorkerOrder);
    };
    worker.on('message', (report: WorkerReport) => {
      if (spec === undefined) return;
      if (report.kind === 'step') options.onStep?.(spec, report.step);
      if (report.kind === 'failed') reject(failure(spec, report.code, report.message));
      if (report.kind === 'done') {
        options.onDone?.(spec);
        next();
      }
    });
    worker.on('error', reject);
    worker.on('exit', (code, signal) => {
      if (options.signal?.aborted) reject(new KitError('cancelled', 'Stopped.'));
      else if (spec !== undefined)
        reject(
          new Error(`The worker process ended (${signal ?? code}) during ${spec.method}, seed ${spec.seed}.`),
        );
    });
    next();
  });
  return { backend, done };
}

function failure(spec: RunSpec, code: string | null, message: string): Error {
  const where = `${spec.method}, seed ${spec.seed}: ${message}`;
  return code === null ? new Error(where) : new KitError(code as KitErrorCode, where);
}
