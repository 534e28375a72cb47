import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { KitError } from '../kit-error.js';
import { CLAIM_LEASE, type Claim, Claims } from './claim.js';

export interface LockOptions {
  /** Milliseconds that another's work is waited for. Default 2000: a process that was just killed needs a moment to be gone. */
  readonly patience?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** What its holder does, to stand after who that is. Default `is at work on the same files`. */
  readonly doing?: string;
}

/** So long that a machine which vanished while it worked is found out. Only for work that lets the event loop turn. */
export const PATIENCE_WITH_MACHINES = 1.5 * CLAIM_LEASE;

const LOOK_AGAIN_MS = 50;

/**
 * Keeps every other process out while `work` runs, by a claim on `path`, which is there meanwhile. That of a process that
 * ended is taken over; that of another machine only where `patience` is longer than a claim's lease.
 *
 * @throws KitError `not-writable` when another process holds it, `cancelled`
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const claim = await acquire(path, options);
  try {
    return await work();
  } finally {
    claim.release();
  }
}

async function acquire(path: string, { patience = 2000, signal, doing }: LockOptions): Promise<Claim> {
  const claims = new Claims(dirname(path));
  const name = basename(path);
  for (const since = performance.now(); ; ) {
    const claim = claims.take(name);
    if (claim !== null) return claim;
    if (signal?.aborted) throw new KitError('cancelled', 'Stopped.');
    if (performance.now() - since >= patience) throw held(path, claims.nameOfHolder(name), doing);
    await setTimeout(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

function held(path: string, who: string, doing = 'is at work on the same files'): KitError {
  return new KitError(
    'not-writable',
    `${who} ${doing}. Wait for it; if it is something else, remove ${path}.`,
  );
}
