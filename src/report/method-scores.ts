import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { RunRecord } from '../types/run-record.js';
import { studentQuantile975 } from './student-quantile.js';

/** A mean over seeds and the half-width of its 95% t-interval; null where one seed gives no interval. */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth: number | null;
  readonly values: readonly number[];
}

export interface MethodScores {
  readonly method: string;
  /** Whether it was trained at all; baselines are not. */
  readonly trained: boolean;
  readonly seeds: number;
  /** As tables and charts name it: with a mark where runs of it were best at step 0, so that their scores are not of anything trained. */
  readonly name: string;
  /** In percent, by column: R@1, …, NMI, AMI, F1, MAP@R. */
  readonly scores: ReadonlyMap<string, Estimate>;
}

/** Mean and 95% t-interval over seeds. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const halfWidth =
    n < 2 ? null : (studentQuantile975(n - 1) * sampleStandardDeviation([...values])) / Math.sqrt(n);
  return { mean: mean([...values]), halfWidth, values };
}

/** The only column of a tuning experiment, which reads no test classes. */
export const VALIDATION_COLUMN = 'validation R@1';

/**
 * One entry a method: baselines first, then by the first column, best first. Where no record has test metrics the
 * one column is the best validation Recall@1; otherwise records without metrics are left out.
 */
export function methodScores(records: readonly RunRecord[]): MethodScores[] {
  const evaluated = records.filter((record) => record.metrics !== null);
  const scored = evaluated.length > 0 ? evaluated : records;
  const methods = [...new Set(scored.map((record) => record.method))];
  const rows = methods.map((method) => {
    const own = scored.filter((record) => record.method === method);
    const columns = own.map(columnsOf);
    const scores = new Map(
      [...columns[0].keys()].map((name) => [
        name,
        estimate(columns.map((column) => column.get(name) as number)),
      ]),
    );
    const trained = own[0].spec.loss !== null;
    const untrained = trained ? own.filter((record) => record.chosenStep === 0).length : 0;
    return { method, name: nameWith(method, untrained, own.length), trained, seeds: own.length, scores };
  });
  const first = (row: MethodScores) => [...row.scores.values()][0].mean;
  return rows.sort((a, b) => Number(a.trained) - Number(b.trained) || first(b) - first(a));
}

function nameWith(method: string, untrained: number, seeds: number): string {
  if (untrained === 0) return method;
  return `${method} (${untrained === seeds ? 'untrained' : `${untrained} of ${seeds} seeds untrained`}: best at step 0)`;
}

function columnsOf({ metrics, curve }: RunRecord): Map<string, number> {
  const percent = (share: number) => 100 * share;
  if (metrics === null)
    return new Map([
      [VALIDATION_COLUMN, percent(Math.max(...curve.map((point) => point.validationRecallAt1)))],
    ]);
  return new Map([
    ...Object.entries(metrics.recallAtK).map(([k, share]): [string, number] => [`R@${k}`, percent(share)]),
    ['NMI', percent(metrics.normalizedMutualInformation)],
    ['AMI', percent(metrics.adjustedMutualInformation)],
    ['F1', percent(metrics.pairwiseF1)],
    ['MAP@R', percent(metrics.meanAveragePrecisionAtR)],
  ]);
}
