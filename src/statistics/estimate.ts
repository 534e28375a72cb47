import { mean, sampleStandardDeviation } from 'simple-statistics';
import { studentQuantile } from './student-t.js';

/** A mean and the half-width of its 95% t-interval; null where one value gives no interval. */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth: number | null;
  readonly values: readonly number[];
}

/** Mean and 95% t-interval of values that were drawn independently: the seeds of one method. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const halfWidth =
    n < 2 ? null : (studentQuantile(n - 1) * sampleStandardDeviation([...values])) / Math.sqrt(n);
  return { mean: mean([...values]), halfWidth, values };
}
