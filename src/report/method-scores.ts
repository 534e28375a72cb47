import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { RunMetrics, RunRecord } from '../types/run-record.js';
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

/** One entry a method: baselines first, then by Recall@1, best first. Records without metrics are left out. */
export function methodScores(records: readonly RunRecord[]): MethodScores[] {
  const evaluated = records.filter((record) => record.metrics !== null);
  const methods = [...new Set(evaluated.map((record) => record.method))];
  const rows = methods.map((method) => {
    const own = evaluated.filter((record) => record.method === method);
    const columns = own.map((record) => columnsOf(record.metrics as RunMetrics));
    const names = [...columns[0].keys()];
    const scores = new Map(
      names.map((name) => [name, estimate(columns.map((column) => column.get(name) as number))]),
    );
    return { method, trained: own[0].spec.loss !== null, seeds: own.length, scores };
  });
  const first = (row: MethodScores) => [...row.scores.values()][0].mean;
  return rows.sort((a, b) => Number(a.trained) - Number(b.trained) || first(b) - first(a));
}

function columnsOf(metrics: RunMetrics): Map<string, number> {
  const percent = (share: number) => 100 * share;
  return new Map([
    ...Object.entries(metrics.recallAtK).map(([k, share]): [string, number] => [`R@${k}`, percent(share)]),
    ['NMI', percent(metrics.normalizedMutualInformation)],
    ['AMI', percent(metrics.adjustedMutualInformation)],
    ['F1', percent(metrics.pairwiseF1)],
    ['MAP@R', percent(metrics.meanAveragePrecisionAtR)],
  ]);
}
