import { setImmediate } from 'node:timers/promises';
import { forcedBackend, forcedBackendAbsent } from '../backends/start-backend.js';
import { tryBackend } from '../backends/try-backend.js';
import { readsEmbeddingsBack } from '../experiments/declared-losses.js';
import type { RunSpec } from '../experiments/run-spec.js';
import { KitError } from '../kit-error.js';

/**
 * Finds out, before anything long is done, whether the backend that `KIT_BACKEND` asks for starts here, and whether the
 * one that will be used can compute the losses of these runs.
 *
 * @throws KitError `backend-unavailable` where it does not or can not, with the reason; `cancelled` when `signal` aborts
 */
export async function requireBackend(specs: readonly RunSpec[], signal: AbortSignal): Promise<void> {
  const forced = forcedBackend();
  const reading = specs.find(({ loss }) => loss !== null && readsEmbeddingsBack(loss));
  if (forced === undefined && reading === undefined) return;
  const tried = tryBackend(forced);
  // A Ctrl-C ends the process that tries, too, and is heard of here only after it.
  await setImmediate();
  if (signal.aborted) throw new KitError('cancelled', 'Stopped.');
  if (tried.backend === null) {
    if (forced !== undefined) throw forcedBackendAbsent(forced, tried.reason);
  } else if (reading !== undefined && tried.backend.name === 'webgpu') {
    throw new KitError(
      'backend-unavailable',
      `${reading.method}: the margin loss over mined triplets reads the embeddings back in the middle of a step, which the backend webgpu can not do. Set KIT_BACKEND to another (kit lab --check says which are here), or leave the method out with --only.`,
    );
  }
}
