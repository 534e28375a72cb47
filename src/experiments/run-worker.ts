import '../backends/onnxruntime/no-telemetry.js';
import { type BackendName, startBackend } from '../backends/start-backend.js';
import { setEvaluationThreads } from '../evaluation/evaluation-threads.js';
import { KitError } from '../kit-error.js';
import { dataKey, type ExperimentData, loadExperimentData } from './experiment-data.js';
import { runExperiment } from './run-experiment.js';
import type { RunSpec } from './run-spec.js';

/** What the pool sends, or `stop`: to save the run at the step it is at and end; it ends a worker by disconnecting. */
export interface WorkerOrder {
  readonly spec: RunSpec;
  readonly results: string;
  readonly threads: number;
  readonly keep?: boolean;
  readonly proof?: string;
}

export type WorkerReport =
  | { readonly kind: 'started'; readonly backend: BackendName }
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'embedded'; readonly done: number; readonly total: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: string | null; readonly message: string };

const send = (report: WorkerReport) => process.send?.(report);

// A terminal or a cluster signals the whole group; the pool decides when workers end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.on(signal, () => {});

const stopping = new AbortController();

let data: { readonly key: string; readonly loaded: ExperimentData } | undefined;

async function carryOut(order: WorkerOrder): Promise<void> {
  setEvaluationThreads(order.threads);
  const backend = await startBackend({ threads: order.threads });
  send({ kind: 'started', backend: backend.name });
  let reported = Date.now();
  const key = dataKey(order.spec);
  if (data?.key !== key)
    data = { key, loaded: await loadExperimentData(order.spec, { signal: stopping.signal }) };
  await runExperiment(order.spec, {
    backend,
    results: order.results,
    keep: order.keep,
    proof: order.proof,
    signal: stopping.signal,
    data: data.loaded,
    onProgress: (step) => send({ kind: 'step', step }),
    onEmbedded: (done, total) => {
      if (Date.now() - reported < 1000) return;
      reported = Date.now();
      send({ kind: 'embedded', done, total });
    },
  });
  send({ kind: 'done' });
}

process.on('message', (order: WorkerOrder | 'stop') => {
  if (order === 'stop') {
    stopping.abort();
    return;
  }
  carryOut(order).catch((error: unknown) => {
    const known = error instanceof KitError;
    const message = known ? error.message : ((error as Error).stack ?? String(error));
    send({ kind: 'failed', code: known ? error.code : null, message });
  });
});
process.on('disconnect', () => process.exit(0));
