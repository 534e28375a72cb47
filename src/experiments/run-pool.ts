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
  /** A file of the results folder: where it is gone, the folder is, and nothing is written in its place. */
  readonly proof?: string;
  /** Who hands out the runs, instead of the list in its order. */
  readonly queue?: RunQueue;
  onStep?(spec: RunSpec, step: number): void;
  /** Pictures that went through the network outside of steps: to centre features, to validate, to test. */
  onEmbedded?(spec: RunSpec, done: number, total: number): void;
  onDone?(spec: RunSpec): void;
  /** Where given, a run that fails does not stop the others. */
  onFailed?(spec: RunSpec, error: Error): void;
  readonly signal?: AbortSignal;
}

/** GiB of a worker that trains that much of GoogLeNet with 64 pictures, as environment.md has it; 3 else. */
const DEEP_WORKER: Readonly<Record<string, number>> = { 'from-4a': 5, all: 10 };

/** Bytes of the process of a run, as environment.md has it. */
export const memoryOf = ({ model }: RunSpec) =>
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

/** What there is to do next, where that is not just the next of a list. */
export interface RunQueue {
  /** Undefined where nothing is left. */
  next(): Promise<RunSpec | undefined>;
}

/**
 * Runs specs in worker processes, one thread each: two processes with one thread finish more runs than
 * one with two, and a run's numbers do not depend on how many run beside it.
 *
 * @throws KitError the first failure, after the other workers were stopped; with `onFailed` only one that no other run
 *   would escape, such as a full disk; `cancelled` when `signal` aborts, after each worker saved the step it was at.
 *   Finished runs keep their records, unfinished ones their checkpoints.
 */
export async function runAll(specs: readonly RunSpec[], options: RunPoolOptions): Promise<void> {
  if (options.signal?.aborted) throw new KitError('cancelled', 'Stopped.');
  const waiting = [...specs];
  const queue = options.queue ?? { next: async () => waiting.shift() };
  const pool = new Set<PoolWorker>();
  let known: (backend: BackendName) => void = () => {};
  const backend = new Promise<BackendName>((resolve) => {
    known = resolve;
  });
  let over = false;
  const begin = () => workThrough(queue, pool, known, { ...options, isOver: () => over });
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    for (const worker of pool) worker.stop();
    killer = setTimeout(() => killAll(pool), PATIENCE_MS);
  };
  options.signal?.addEventListener('abort', stop);
  const all: Promise<void>[] = [begin()];
  try {
    const first = await Promise.race([backend, all[0]]);
    const size = typeof first === 'string' ? processesFor(specs, { ...options, backend: first }) : 1;
    while (all.length < size) all.push(begin());
    await Promise.all(all);
  } catch (error) {
    over = true;
    if (options.signal?.aborted) await Promise.allSettled(all);
    throw error;
  } finally {
    clearTimeout(killer);
    killAll(pool);
    options.signal?.removeEventListener('abort', stop);
  }
}

/** For a step and for saving it: clusters kill what is still there half a minute after they asked it to end. */
const PATIENCE_MS = 20_000;

function killAll(pool: ReadonlySet<PoolWorker>): void {
  for (const worker of pool) worker.kill();
}

/** Faults that every other run would meet as well. */
const OF_ALL: readonly string[] = [
  'backend-unavailable',
  'dataset-missing',
  'dataset-partial',
  'not-writable',
] satisfies KitErrorCode[];

/** One process after another: a new one only where the last was lost to a failed run. */
async function workThrough(
  queue: RunQueue,
  pool: Set<PoolWorker>,
  onBackend: (name: BackendName) => void,
  options: RunPoolOptions & { readonly isOver: () => boolean },
): Promise<void> {
  let worker: PoolWorker | undefined;
  for (;;) {
    const spec = await queue.next();
    if (options.signal?.aborted) throw new KitError('cancelled', 'Stopped.');
    if (spec === undefined) break;
    if (worker === undefined) {
      worker = new PoolWorker(onBackend);
      pool.add(worker);
    }
    const { results, keep, proof } = options;
    try {
      await worker.run({ spec, results, keep, proof, threads: 1 }, options);
      options.onDone?.(spec);
    } catch (error) {
      if (options.signal?.aborted) throw new KitError('cancelled', 'Stopped.');
      const { code } = error as { code?: string };
      // Its worker was killed since another's run ended them all.
      if (options.isOver()) throw error;
      if (options.onFailed === undefined || (code !== undefined && OF_ALL.includes(code))) throw error;
      options.onFailed(spec, error as Error);
      worker.kill();
      pool.delete(worker);
      worker = undefined;
    }
  }
  worker?.end();
}

/** A worker process, one run at a time. */
class PoolWorker {
  private readonly child: ChildProcess;

  constructor(onBackend: (name: BackendName) => void) {
    this.child = fork(join(__dirname, 'run-worker.js'), { execArgv: [] });
    this.child.on('message', (report: WorkerReport) => {
      if (report.kind === 'started') onBackend(report.backend);
    });
  }

  run(order: WorkerOrder, watcher: Pick<RunPoolOptions, 'onStep' | 'onEmbedded'>): Promise<void> {
    const { spec } = order;
    return new Promise<void>((resolve, reject) => {
      const ended = (code: number | null, signal: string | null) =>
        reject(
          new Error(`The worker process ended (${signal ?? code}) during ${spec.method}, seed ${spec.seed}.`),
        );
      const report = (message: WorkerReport) => {
        if (message.kind === 'step') watcher.onStep?.(spec, message.step);
        if (message.kind === 'embedded') watcher.onEmbedded?.(spec, message.done, message.total);
        if (message.kind === 'failed') reject(failure(spec, message.code, message.message));
        if (message.kind === 'done') resolve();
        if (message.kind === 'done' || message.kind === 'failed') {
          this.child.off('message', report);
          this.child.off('exit', ended);
          this.child.off('error', reject);
        }
      };
      this.child.on('message', report);
      this.child.on('error', reject);
      this.child.on('exit', ended);
      this.child.send(order);
    });
  }

  /** Asks it to save what it does and end. */
  stop(): void {
    if (this.child.connected) this.child.send('stop');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  end(): void {
    if (this.child.connected) this.child.disconnect();
  }
}

function failure(spec: RunSpec, code: string | null, message: string): Error {
  const where = `${spec.method}, seed ${spec.seed}: ${message}`;
  return code === null ? new Error(where) : new KitError(code as KitErrorCode, where);
}
