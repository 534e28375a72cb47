import { inspect } from 'node:util';

/** What went wrong, as a word that code can compare. */
export type KitErrorCode =
  | 'backend-unavailable'
  | 'broken-image'
  | 'cancelled'
  | 'dataset-missing'
  | 'dataset-partial'
  | 'download-failed'
  | 'gpu-failed'
  | 'invalid-argument'
  | 'invalid-dataset'
  | 'invalid-embeddings'
  | 'invalid-spec'
  | 'not-writable'
  | 'notebook-failed'
  | 'out-of-memory'
  | 'site-failed'
  | 'training-diverged'
  | 'unsupported-file';

/**
 * An error meant for the person at the keyboard: the message says what was wrong, where, what was
 * expected and what to do. The command prints it without a stack trace and exits with 1.
 */
export class KitError extends Error {
  override readonly name = 'KitError';

  constructor(
    readonly code: KitErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** What a notebook shows of it: the message; the trace is in `stack`. */
  [inspect.custom](): string {
    return `${this.name} (${this.code}): ${this.message}`;
  }
}
