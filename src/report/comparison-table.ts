import { type Claim, verdict } from '../statistics/verdict.js';
import type { RunRecord } from '../types/run-record.js';
import { type Comparison, comparePairs } from './comparison.js';
import { markdownTable } from './markdown-table.js';
import { methodScores } from './method-scores.js';

export interface ComparisonTableOptions {
  /** Every other trained method is compared with this one. */
  readonly against: string;
  /** The score that is compared. Default R@1. */
  readonly column?: string;
  /** What is asked of each difference. Default: the other method is better. */
  readonly claim?: Claim;
}

/** Every other trained method beside one: its difference in points with interval and p-value, and the verdict. */
export function comparisonTable(
  records: readonly RunRecord[],
  { against, column = 'R@1', claim = { kind: 'larger' } }: ComparisonTableOptions,
): string {
  const rows = comparisonsWith(records, against, column).map((comparison) => {
    const { finding, reason } = verdict(comparison, claim, comparison.over);
    return [comparison.first, reason, finding, comparison.over];
  });
  return markdownTable(
    [`${column}, less that of *${against}*`, 'points', QUESTIONS[claim.kind], 'over'],
    rows,
  );
}

const QUESTIONS: Readonly<Record<Claim['kind'], string>> = {
  larger: 'better?',
  'not-smaller': 'not worse?',
  equal: 'the same?',
};

/** The trained methods but one against that one, best first; p-values are corrected for all of them (Holm). */
export function comparisonsWith(
  records: readonly RunRecord[],
  against: string,
  column = 'R@1',
): Comparison[] {
  const others = methodScores(records).filter(({ trained, method }) => trained && method !== against);
  return comparePairs(
    records,
    others.map(({ method }) => [method, against] as const),
    column,
  );
}
