import { type Claim, verdict } from '../statistics/verdict.js';
import type { RunRecord } from '../types/run-record.js';
import { type Comparison, comparePairs } from './comparison.js';
import { markdownTable } from './markdown-table.js';
import { methodScores } from './method-scores.js';

export interface ComparisonTableOptions {
  /**
   * Every other trained method is compared with this one; or each with its own, and those with none (or themselves) are
   * left out.
   */
  readonly against: string | ((method: string) => string | undefined);
  /** The score that is compared. Default R@1. */
  readonly column?: string;
  /** What is asked of each difference. Default: the other method is better. */
  readonly claim?: Claim;
}

/**
 * Trained methods beside one, or each beside its own: the difference in points with interval and, where a larger score is
 * asked for, p-value corrected for all rows, and the verdict.
 */
export function comparisonTable(
  records: readonly RunRecord[],
  { against, column = 'R@1', claim = { kind: 'larger' } }: ComparisonTableOptions,
): string {
  const rows = comparisonsWith(records, against, column).map((comparison) => {
    const { finding, reason } = verdict(comparison, claim, comparison.over);
    const { first, second } = comparison;
    const row = typeof against === 'string' ? first : `${first}, less ${second}`;
    return [row, reason, finding, comparison.over];
  });
  const head = typeof against === 'string' ? `${column}, less that of *${against}*` : column;
  return markdownTable([head, 'points', question(claim), 'over'], rows);
}

function question(claim: Claim): string {
  switch (claim.kind) {
    case 'larger':
      return claim.by ? `more than ${claim.by} better?` : 'better?';
    case 'not-smaller':
      return `at most ${claim.by} worse?`;
    case 'equal':
      return `within ${claim.by}?`;
  }
}

/** The trained methods against one, or each against its own, best first; p-values are corrected for all of them (Holm). */
export function comparisonsWith(
  records: readonly RunRecord[],
  against: ComparisonTableOptions['against'],
  column = 'R@1',
): Comparison[] {
  const pairs = methodScores(records).flatMap(({ trained, method }) => {
    const other = typeof against === 'string' ? against : against(method);
    return trained && other !== undefined && other !== method ? [[method, other] as const] : [];
  });
  return comparePairs(records, pairs, column);
}
