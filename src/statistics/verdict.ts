import type { Interval } from './interval.js';
import { LEVEL } from './student-t.js';

/** What is claimed of a difference, first less second, in the units of its interval. */
export type Claim =
  /** The first is larger, by more than `by` (default 0). */
  | { readonly kind: 'larger'; readonly by?: number }
  /** The first is at most `by` below the second. */
  | { readonly kind: 'not-smaller'; readonly by: number }
  /** The two are within `by` of each other. */
  | { readonly kind: 'equal'; readonly by: number };

export type Finding = 'verified' | 'falsified' | 'inconclusive' | 'not tested';

export interface Verdict {
  readonly finding: Finding;
  /** In words, with its numbers. */
  readonly reason: string;
  /** What the finding is about: data, network, what varied. */
  readonly scope: string;
}

/** A difference as it was measured; `pValue` after the correction for all comparisons of its table. */
export interface Evidence {
  readonly mean: number;
  readonly interval: Interval | null;
  readonly pValue?: number | null;
}

/**
 * Turns an interval and a claim into a verdict. Verified: the whole interval lies where the claim puts the difference;
 * falsified: the whole interval lies where it must not; else inconclusive. A claim of a larger score also needs, either
 * way, a p-value that is still below 0.05 after the correction.
 *
 * @param evidence null where nothing was run
 */
export function verdict(evidence: Evidence | null, claim: Claim, scope: string): Verdict {
  if (evidence === null) return { finding: 'not tested', reason: 'no records', scope };
  const { mean, interval, pValue } = evidence;
  const value = signed(mean);
  if (interval === null)
    return { finding: 'inconclusive', reason: `${value}, one pair of runs: no interval`, scope };
  const range = `${value} (${signed(interval[0])} to ${signed(interval[1])})`;
  const finding = findingOf(interval, claim);
  // It tests whether the difference is zero, which the other claims do not ask.
  const p = claim.kind === 'larger' ? (pValue ?? null) : null;
  const reason =
    p === null ? range : `${range}, p = ${p < 0.001 ? '< 0.001' : p.toFixed(3)}`.replace('= <', '<');
  if (p !== null && p >= LEVEL && finding !== 'inconclusive')
    return {
      finding: 'inconclusive',
      reason: `${reason} after correction for the comparisons beside it`,
      scope,
    };
  return { finding, reason, scope };
}

function findingOf([low, high]: Interval, claim: Claim): Finding {
  const { by = 0 } = claim;
  switch (claim.kind) {
    case 'larger':
      return low > by ? 'verified' : high < by ? 'falsified' : 'inconclusive';
    case 'not-smaller':
      return low >= -by ? 'verified' : high < -by ? 'falsified' : 'inconclusive';
    case 'equal':
      return low >= -by && high <= by ? 'verified' : low > by || high < -by ? 'falsified' : 'inconclusive';
  }
}

/** Of a claim with several parts, all of which it needs: one falsified part falsifies it, one open part leaves it open. */
export function allOf(findings: readonly Finding[]): Finding {
  if (findings.length === 0 || findings.every((finding) => finding === 'not tested')) return 'not tested';
  if (findings.includes('falsified')) return 'falsified';
  return findings.every((finding) => finding === 'verified') ? 'verified' : 'inconclusive';
}

/** Of one claim in several experiments: where they do not agree the claim as such is open. */
export function agreementOf(findings: readonly Finding[]): Finding {
  const tested = findings.filter((finding) => finding !== 'not tested');
  const [first] = tested;
  if (first === undefined) return 'not tested';
  return tested.every((finding) => finding === first) ? first : 'inconclusive';
}

function signed(value: number): string {
  const text = Math.abs(value).toFixed(1);
  return text === '0.0' ? text : `${value < 0 ? '−' : '+'}${text}`;
}
