import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hasRecord } from '../experiments/record-store.js';
import type { RunQueue } from '../experiments/run-pool.js';
import { type RunSpec, runId } from '../experiments/run-spec.js';
import { type Claim, type ClaimHolder, Claims } from '../files/claim.js';
import { requireThere } from '../files/require-there.js';

/** Where it is written down who does which run, whatever the sweep. */
export function claimsFolder(results: string): string {
  return join(results, 'claims');
}

const LOOK_AGAIN_MS = 2000;

/**
 * Runs of a task, each claimed before it is handed out: of several processes, on one machine or on many, one does it. What
 * others do is waited for and taken over if they vanish, so that at the end every run has a record or failed here.
 */
export class ClaimedRuns implements RunQueue {
  private readonly claims: Claims;
  private readonly held = new Map<string, Claim>();
  private readonly waiting: RunSpec[];
  private told = false;

  constructor(
    specs: readonly RunSpec[],
    private readonly options: {
      readonly results: string;
      /** A file of the results from the start; where it is gone, nothing is claimed. */
      readonly proof?: string;
      readonly signal: AbortSignal;
      /** Once, when only runs of others are left. */
      onWait?(spec: RunSpec, holder: ClaimHolder | null): void;
    },
  ) {
    this.waiting = [...specs];
    this.claims = new Claims(claimsFolder(options.results));
  }

  async next(): Promise<RunSpec | undefined> {
    const { signal } = this.options;
    while (this.waiting.length > 0 && !signal.aborted) {
      const spec = this.takeOne();
      if (spec !== undefined) return spec;
      if (this.waiting.length === 0) break;
      if (!this.told) this.options.onWait?.(this.waiting[0], this.claims.holder(runId(this.waiting[0])));
      this.told = true;
      await setTimeout(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
    }
    return undefined;
  }

  /** After a run's record was written, or after it failed. */
  release(spec: RunSpec): void {
    this.held.get(runId(spec))?.release();
    this.held.delete(runId(spec));
  }

  releaseAll(): void {
    for (const claim of this.held.values()) claim.release();
    this.held.clear();
  }

  private takeOne(): RunSpec | undefined {
    for (const spec of [...this.waiting]) {
      const claim = this.isDone(spec) ? null : this.take(runId(spec));
      if (claim === null && !this.isDone(spec)) continue;
      this.waiting.splice(this.waiting.indexOf(spec), 1);
      if (claim === null) continue;
      // Its holder may have finished between the two looks.
      if (this.isDone(spec)) {
        claim.release();
        continue;
      }
      this.held.set(runId(spec), claim);
      return spec;
    }
    return undefined;
  }

  /** Claims make their folder, and the results may go away between any two calls. */
  private take(id: string): Claim | null {
    const { proof } = this.options;
    requireThere(proof);
    try {
      return this.claims.take(id);
    } catch (error) {
      requireThere(proof);
      throw error;
    }
  }

  private isDone(spec: RunSpec): boolean {
    return hasRecord(this.options.results, spec);
  }
}
