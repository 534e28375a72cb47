import type { RunRecord } from '../types/run-record.js';

/** The best Recall@1 on validation classes of all steps of a run, 0 to 1. */
export function bestValidationRecallAt1({ curve }: Pick<RunRecord, 'curve'>): number {
  return Math.max(...curve.map((point) => point.validationRecallAt1));
}
