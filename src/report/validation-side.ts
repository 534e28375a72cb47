import type { RunRecord } from '../types/run-record.js';

/** What the step was chosen on: pictures of the training classes where there are too few classes, else classes of their own. */
export function hasHeldOutPictures(records: readonly RunRecord[]): boolean {
  return records.some(
    ({ spec }) => (spec.split as { readonly name?: string } | undefined)?.name === 'held-out-pictures',
  );
}
