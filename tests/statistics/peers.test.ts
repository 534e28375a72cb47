import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { estimate } from '../../src/statistics/estimate.js';
import { holmAdjusted } from '../../src/statistics/holm.js';
import { pairedDifference } from '../../src/statistics/paired-difference.js';
import { studentPValue, studentQuantile, tStatistic } from '../../src/statistics/student-t.js';
import { twoLevelDifference } from '../../src/statistics/two-level-bootstrap.js';

const peers = JSON.parse(readFileSync(join(__dirname, 'fixtures', 'peers.json'), 'utf8')) as {
  student: { quantiles: [number, number][]; pValues: [number, number, number][] };
  paired: { first: number[]; second: number[]; low: number; high: number; p: number }[];
  holm: { p: number[]; adjusted: number[] }[];
  crossed: { sums: number[][]; mean: number; halfWidth: number; p: number }[];
};

describe('Student’s t', () => {
  // With 2 degrees of freedom the distribution function is closed: F(t) = 1/2 + t / (2 √(2 + t²)).
  // With 1 it is the Cauchy distribution's: F(t) = 1/2 + atan(t) / π.
  it('agrees with the closed forms of 1 and 2 degrees of freedom', () => {
    const t = studentQuantile(2);
    expect(0.5 + t / (2 * Math.sqrt(2 + t * t))).toBeCloseTo(0.975, 8);
    expect(0.5 + Math.atan(studentQuantile(1)) / Math.PI).toBeCloseTo(0.975, 8);
  });

  it('has scipy’s quantiles and p-values, also between whole degrees of freedom', () => {
    for (const [df, quantile] of peers.student.quantiles)
      expect(studentQuantile(df) / quantile).toBeCloseTo(1, 7);
    for (const [t, df, p] of peers.student.pValues) expect(studentPValue(t, df) / p).toBeCloseTo(1, 6);
  });

  it('of a difference without any spread is no evidence at 0 and certain elsewhere', () => {
    expect(studentPValue(tStatistic(0, 0), 4)).toBeCloseTo(1, 12);
    expect(studentPValue(tStatistic(-0.1, 0), 4)).toBe(0);
  });
});

describe('a mean over seeds', () => {
  // 40, 44, 42: mean 42, deviation 2, t(2) = 4.303: 4.303 · 2/√3 = 4.969.
  it('carries the 95% t-interval', () => {
    const { mean, halfWidth } = estimate([40, 44, 42]);
    expect(mean).toBe(42);
    expect(halfWidth).toBeCloseTo(4.969, 2);
    expect(estimate([3]).halfWidth).toBeNull();
  });
});

describe('a paired difference', () => {
  it.each(peers.paired)('has scipy’s interval and p-value', ({ first, second, low, high, p }) => {
    const found = pairedDifference(first.map((value, i) => value - second[i]));
    expect(found.interval?.[0]).toBeCloseTo(low, 7);
    expect(found.interval?.[1]).toBeCloseTo(high, 7);
    expect(found.pValue).toBeCloseTo(p, 8);
  });

  it('of one pair has a value and no interval', () => {
    expect(pairedDifference([1.5])).toEqual({ mean: 1.5, interval: null, pValue: null, pairs: 1 });
  });
});

describe('Holm’s correction', () => {
  // Three p-values: 0.01 · 3 = 0.03; 0.03 · 2 = 0.06; 0.04 · 1 = 0.04, but not below the one before it: 0.06.
  it('is what it is by hand', () => {
    const adjusted = holmAdjusted([0.04, 0.01, 0.03]);
    for (const [i, value] of [0.06, 0.03, 0.06].entries()) expect(adjusted[i]).toBeCloseTo(value, 12);
  });

  it.each(peers.holm)('is statsmodels’', ({ p, adjusted }) => {
    const found = holmAdjusted(p);
    for (const [i, value] of adjusted.entries()) expect(found[i]).toBeCloseTo(value, 12);
  });
});

describe('the two-level bootstrap', () => {
  it.each(peers.crossed)(
    'has the half-width and p-value of statsmodels’ mean squares under scipy’s distributions',
    (peer) => {
      const { sums } = peer;
      const found = twoLevelDifference({ queries: sums[0].map(() => 1), sums }, { draws: 40_000 });
      expect(found.mean).toBeCloseTo(peer.mean, 10);
      expect(Math.abs((found.pValue as number) - peer.p)).toBeLessThan(0.02);
      const [low, high] = found.interval as [number, number];
      expect((high - low) / 2 / peer.halfWidth).toBeGreaterThan(0.95);
      expect((high - low) / 2 / peer.halfWidth).toBeLessThan(1.05);
    },
  );

  it('is the same for the same seed, and weighs a class by its queries', () => {
    const data = {
      queries: [1, 9, 4, 6],
      sums: [
        [1, 0, 1, 2],
        [0, 0, 2, 2],
      ],
    };
    expect(twoLevelDifference(data)).toEqual(twoLevelDifference(data));
    expect(twoLevelDifference(data).mean).toBe((4 / 20 + 4 / 20) / 2);
    expect(twoLevelDifference(data, { seed: 1 })).not.toEqual(twoLevelDifference(data));
  });

  it('of equal methods is 0 with no width', () => {
    const data = {
      queries: [3, 4, 5],
      sums: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    };
    expect(twoLevelDifference(data)).toEqual({ mean: 0, interval: [0, 0], pValue: 1, pairs: 2 });
  });
});
