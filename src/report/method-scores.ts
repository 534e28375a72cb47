import { mean } from 'simple-statistics';
import { bestValidationRecallAt1 } from '../experiments/best-validation.js';
import { type Estimate, estimate } from '../statistics/estimate.js';
import type { RunRecord } from '../types/run-record.js';

export interface MethodScores {
  readonly method: string;
  /** Whether it was trained at all; baselines are not. */
  readonly trained: boolean;
  readonly seeds: number;
  /** How many folds of a cross-validation over classes were tested; null on one split. */
  readonly folds: number | null;
  /** As tables and charts name it: with a mark where runs of it were best at step 0, so that their scores are not of anything trained. */
  readonly name: string;
  /** In percent, by column: R@1, …, NMI, AMI, F1, MAP@R. Over seeds; over folds, where each is the mean of its seeds. */
  readonly scores: ReadonlyMap<string, Estimate>;
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
        estimate(
          foldMeans(
            own,
            columns.map((column) => column.get(name) as number),
          ),
        ),
      ]),
    );
    const trained = own[0].spec.loss !== null;
    const untrained = trained ? own.filter((record) => record.chosenStep === 0).length : 0;
    const unit = foldOf(own[0].spec) === null ? 'seeds' : 'runs';
    const name = nameWith(method, untrained, `${own.length} ${unit}`, untrained === own.length);
    const seeds = new Set(own.map((record) => record.seed)).size;
    const folds = new Set(own.map(({ spec }) => foldOf(spec))).size;
    return { method, name, trained, seeds, folds: foldOf(own[0].spec) === null ? null : folds, scores };
  });
  const first = (row: MethodScores) => [...row.scores.values()][0].mean;
  return rows.sort((a, b) => Number(a.trained) - Number(b.trained) || first(b) - first(a));
}

function nameWith(method: string, untrained: number, runs: string, all: boolean): string {
  if (untrained === 0) return method;
  return `${method} (${all ? 'untrained' : `${untrained} of ${runs} untrained`}: best at step 0)`;
}

/** Its scores in percent, by column. */
export function columnsOf(record: RunRecord): Map<string, number> {
  const { metrics } = record;
  const percent = (share: number) => 100 * share;
  if (metrics === null) return new Map([[VALIDATION_COLUMN, percent(bestValidationRecallAt1(record))]]);
  return new Map([
    ...Object.entries(metrics.recallAtK).map(([k, share]): [string, number] => [`R@${k}`, percent(share)]),
    ['NMI', percent(metrics.normalizedMutualInformation)],
    ['AMI', percent(metrics.adjustedMutualInformation)],
    ['F1', percent(metrics.pairwiseF1)],
    ['MAP@R', percent(metrics.meanAveragePrecisionAtR)],
  ]);
}

/** The fold of a run's spec; null on one split. */
export function foldOf({ split }: RunRecord['spec']): number | null {
  const { name, fold } = (split ?? {}) as { readonly name?: string; readonly fold?: number };
  return name === 'folds' && fold !== undefined ? fold : null;
}

/** On one split the values themselves, else a mean for each fold. */
export function foldMeans(records: readonly RunRecord[], values: readonly number[]): number[] {
  const folds = records.map(({ spec }) => foldOf(spec));
  if (folds.every((fold) => fold === null)) return [...values];
  return [...new Set(folds)].map((fold) => mean(values.filter((_, i) => folds[i] === fold)));
}

/** On which classes the records were scored, in words. */
export function splitNote(records: readonly RunRecord[]): string | null {
  const first = records[0];
  if (first === undefined || first.spec.split === undefined) return null;
  const { name, count } = first.spec.split as { readonly name?: string; readonly count?: number };
  const whose = name === 'paper' ? 'the papers’' : 'by shares of the classes';
  if (records.every(({ metrics }) => metrics === null)) {
    const { classes } = first.data.validation;
    const side =
      name === 'held-out-pictures'
        ? `held-out pictures of ${classes} training classes`
        : `${classes} validation classes`;
    return `Scores are of ${side}, each run’s at its best step; no test class was read.`;
  }
  if (name === 'folds')
    return `Split: all classes in ${count} folds, each the test classes once; intervals are over folds.`;
  const intervals = records.every(({ seed }) => seed === first.seed)
    ? 'one seed, no intervals'
    : 'intervals are over seeds';
  return `Split: ${whose}, ${first.data.test.classes} test classes; ${intervals}.`;
}
