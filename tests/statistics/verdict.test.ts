import { describe, expect, it } from 'vitest';
import { rankIntervals } from '../../src/statistics/ranks.js';
import { allOf, verdict } from '../../src/statistics/verdict.js';

const finding = (interval: [number, number] | null, claim: Parameters<typeof verdict>[1], pValue?: number) =>
  verdict({ mean: 1, interval, pValue }, claim, 'here').finding;

describe('the verdict on a claim', () => {
  it('that one is larger: verified above 0, falsified below, inconclusive about it', () => {
    expect(finding([0.1, 2], { kind: 'larger' })).toBe('verified');
    expect(finding([-2, -0.1], { kind: 'larger' })).toBe('falsified');
    expect(finding([-0.1, 2], { kind: 'larger' })).toBe('inconclusive');
    expect(finding([0.1, 2], { kind: 'larger', by: 1 })).toBe('inconclusive');
    expect(finding([0.1, 0.9], { kind: 'larger', by: 1 })).toBe('falsified');
  });

  it('that one is larger needs a p-value below 0.05 after the correction, in either direction', () => {
    expect(finding([0.1, 2], { kind: 'larger' }, 0.049)).toBe('verified');
    expect(finding([0.1, 2], { kind: 'larger' }, 0.05)).toBe('inconclusive');
    expect(finding([-2, -0.1], { kind: 'larger' }, 0.2)).toBe('inconclusive');
  });

  it('that one is not smaller, or both are equal within a margin, looks at the whole interval', () => {
    expect(finding([-1.9, 1], { kind: 'not-smaller', by: 2 })).toBe('verified');
    expect(finding([-4, -2.1], { kind: 'not-smaller', by: 2 })).toBe('falsified');
    expect(finding([-2.1, 1], { kind: 'not-smaller', by: 2 })).toBe('inconclusive');
    expect(finding([-1, 1], { kind: 'equal', by: 2 })).toBe('verified');
    expect(finding([2.1, 4], { kind: 'equal', by: 2 })).toBe('falsified');
    expect(finding([1, 4], { kind: 'equal', by: 2 })).toBe('inconclusive');
  });

  it('without records is "not tested", with one pair of runs inconclusive', () => {
    expect(verdict(null, { kind: 'larger' }, 'here')).toEqual({
      finding: 'not tested',
      reason: 'no records',
      scope: 'here',
    });
    expect(finding(null, { kind: 'larger' })).toBe('inconclusive');
  });

  it('says its numbers', () => {
    expect(
      verdict({ mean: -1.26, interval: [-2, 0.04], pValue: 0.0571 }, { kind: 'larger' }, 'x').reason,
    ).toBe('−1.3 (−2.0 to 0.0), p = 0.057');
  });

  it('of several parts is falsified by one, and verified only by all', () => {
    expect(allOf(['verified', 'falsified', 'not tested'])).toBe('falsified');
    expect(allOf(['verified', 'inconclusive'])).toBe('inconclusive');
    expect(allOf(['verified', 'not tested'])).toBe('inconclusive');
    expect(allOf(['verified', 'verified'])).toBe('verified');
    expect(allOf(['not tested'])).toBe('not tested');
    expect(allOf([])).toBe('not tested');
  });
});

describe('the ranks of methods', () => {
  // a is surely better than c, nothing else is sure: a may be 1 or 2, b anything, c 2 or 3.
  it('reach as far as the comparisons leave open', () => {
    const methods = [
      { name: 'b', mean: 2 },
      { name: 'a', mean: 3 },
      { name: 'c', mean: 1 },
    ];
    const ranks = rankIntervals(methods, (first, second) => first === 'a' && second === 'c');
    expect(ranks).toEqual([
      { name: 'a', mean: 3, rank: 1, best: 1, worst: 2 },
      { name: 'b', mean: 2, rank: 2, best: 1, worst: 3 },
      { name: 'c', mean: 1, rank: 3, best: 2, worst: 3 },
    ]);
  });
});
