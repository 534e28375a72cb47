import { studentt } from 'jstat';

/** Of every test of the kit; its intervals are of 1 less this. */
export const LEVEL = 0.05;

/** The t that bounds a two-sided interval. @param degreesOfFreedom 1 or more, whole or not */
export function studentQuantile(degreesOfFreedom: number, level: number = LEVEL): number {
  return studentt.inv(1 - level / 2, degreesOfFreedom);
}

/** Two-sided p-value of a t statistic. */
export function studentPValue(t: number, degreesOfFreedom: number): number {
  return Number.isFinite(t) ? Math.min(1, 2 * studentt.cdf(-Math.abs(t), degreesOfFreedom)) : 0;
}

/** A value in standard errors; without any spread, 0 or infinite. */
export function tStatistic(value: number, standardError: number): number {
  if (standardError > 0) return value / standardError;
  return value === 0 ? 0 : Math.sign(value) * Number.POSITIVE_INFINITY;
}
