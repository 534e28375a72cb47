import { mean } from 'simple-statistics';
import { holmAdjusted } from '../statistics/holm.js';
import type { Interval } from '../statistics/interval.js';
import { pairedDifference } from '../statistics/paired-difference.js';
import { type RankInterval, rankIntervals } from '../statistics/ranks.js';
import { LEVEL } from '../statistics/student-t.js';
import { twoLevelDifference } from '../statistics/two-level-bootstrap.js';
import type { RunRecord } from '../types/run-record.js';
import { columnsOf, foldMeans, foldOf } from './method-scores.js';

/** A difference of two methods in one score, in points, first less second. */
export interface Comparison {
  readonly first: string;
  readonly second: string;
  readonly mean: number;
  readonly interval: Interval | null;
  /** Holm-adjusted for the comparisons made together; null where there is no interval. */
  readonly pValue: number | null;
  /** What the interval is over. */
  readonly over: string;
}

/**
 * How fast a method learns: mean of Recall@1 on the validation classes over the readings after step 0, which lie equally
 * far apart; in proportion to the area under the curve. Not a column of tables.
 */
export const CONVERGENCE_COLUMN = 'validation R@1, mean over the steps';

/** A score of a record in percent; undefined where the record has none of that name. */
export function scoreOf(record: RunRecord, column: string): number | undefined {
  if (column !== CONVERGENCE_COLUMN) return columnsOf(record).get(column);
  const trained = record.curve.filter(({ step }) => step > 0);
  return trained.length === 0
    ? undefined
    : 100 * mean(trained.map(({ validationRecallAt1 }) => validationRecallAt1));
}

/** Scores that records hold by class, by the name of their column. */
const BY_CLASS: Readonly<
  Record<string, (scores: NonNullable<RunRecord['classScores']>, place: number) => number>
> = {
  'R@1': ({ hitsAt1 }, place) => hitsAt1[place],
  'MAP@R': ({ meanAveragePrecisionAtR, queries }, place) => meanAveragePrecisionAtR[place] * queries[place],
};

/**
 * Compares methods of one experiment in pairs: runs of one seed (and fold) stand beside each other.
 *
 * On one split, scores that records hold by class (R@1, MAP@R) are compared over seeds and test classes; others, and those of
 * old records, over seeds on these test classes. Over folds the means of the folds are compared.
 *
 * @param pairs methods by name, first and second; of them all, p-values are corrected together (Holm)
 * @returns pairs without records in common are left out
 */
export function comparePairs(
  records: readonly RunRecord[],
  pairs: readonly (readonly [first: string, second: string])[],
  column = 'R@1',
): Comparison[] {
  const found = pairs.flatMap(([first, second]) => comparePair(records, first, second, column) ?? []);
  const tested = found.filter(({ pValue }) => pValue !== null);
  const adjusted = holmAdjusted(tested.map(({ pValue }) => pValue as number));
  return found.map((comparison) => {
    const place = tested.indexOf(comparison);
    return place < 0 ? comparison : { ...comparison, pValue: adjusted[place] };
  });
}

function comparePair(
  records: readonly RunRecord[],
  first: string,
  second: string,
  column: string,
): Comparison | null {
  const scored = pairedRuns(records, first, second).flatMap((pair) => {
    const [a, b] = pair.map((record) => scoreOf(record, column));
    return a === undefined || b === undefined ? [] : [{ pair, points: a - b }];
  });
  if (scored.length === 0) return null;
  const runs = scored.map(({ pair }) => pair);
  const points = scored.map((run) => run.points);
  const folds = runs.map(([{ spec }]) => foldOf(spec));
  const byClass = BY_CLASS[column];
  const names = { first, second };
  if (folds.some((fold) => fold !== null)) {
    const each = foldMeans(
      runs.map(([a]) => a),
      points,
    );
    return { ...names, ...pairedDifference(each), over: `${each.length} folds` };
  }
  const both = runs.flatMap(([a, b]) =>
    a.classScores && b.classScores ? [[a.classScores, b.classScores] as const] : [],
  );
  if (byClass === undefined || both.length < runs.length)
    return {
      ...names,
      ...pairedDifference(points),
      over: `${seedsText(runs.length)}, these ${column === CONVERGENCE_COLUMN ? 'validation' : 'test'} classes`,
    };
  const { queries } = both[0][0];
  const difference = twoLevelDifference({
    queries,
    sums: both.map(([a, b]) => queries.map((_, place) => 100 * (byClass(a, place) - byClass(b, place)))),
  });
  return { ...names, ...difference, over: `${seedsText(runs.length)} and ${queries.length} test classes` };
}

const seedsText = (seeds: number) => (seeds === 1 ? 'one seed' : `${seeds} seeds`);

function pairedRuns(records: readonly RunRecord[], first: string, second: string): [RunRecord, RunRecord][] {
  const key = ({ seed, spec }: RunRecord) => JSON.stringify([seed, foldOf(spec)]);
  const of = (method: string) =>
    new Map(records.filter((record) => record.method === method).map((record) => [key(record), record]));
  const others = of(second);
  return [...of(first)].flatMap(([at, record]): [RunRecord, RunRecord][] => {
    const other = others.get(at);
    return other === undefined ? [] : [[record, other]];
  });
}

/** All methods against each other, and the ranks that this leaves open. */
export function compareAll(
  records: readonly RunRecord[],
  column = 'R@1',
): { readonly comparisons: readonly Comparison[]; readonly ranks: readonly RankInterval[] } {
  const scored = records.filter((record) => columnsOf(record).has(column));
  const meanOf = (own: readonly RunRecord[]) =>
    mean(
      foldMeans(
        own,
        own.map((record) => columnsOf(record).get(column) as number),
      ),
    );
  const methods = [...new Set(scored.map(({ method }) => method))].map((name) => ({
    name,
    mean: meanOf(scored.filter(({ method }) => method === name)),
  }));
  const pairs = methods.flatMap(({ name }, i) =>
    methods.slice(i + 1).map((other) => [name, other.name] as const),
  );
  const comparisons = comparePairs(scored, pairs, column);
  const surely = new Set(
    comparisons.flatMap(({ first, second, mean: value, pValue }) =>
      pValue === null || pValue >= LEVEL
        ? []
        : [JSON.stringify(value > 0 ? [first, second] : [second, first])],
    ),
  );
  return {
    comparisons,
    ranks: rankIntervals(methods, (first, second) => surely.has(JSON.stringify([first, second]))),
  };
}
