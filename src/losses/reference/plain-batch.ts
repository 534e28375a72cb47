import { KitError } from '../../kit-error.js';
import { requireClassLabels } from '../../types/class-labels.js';

type Points = readonly (readonly number[])[];

const refuse = (what: string): never => {
  throw new KitError('invalid-argument', what);
};

/** @throws KitError `invalid-argument` unless each point is an array of as many finite numbers as the first */
function requirePoints(points: unknown): asserts points is Points {
  if (!Array.isArray(points))
    refuse(
      `Points are an array of arrays of numbers, one a row; found ${points !== null && typeof points === 'object' && 'arraySync' in points ? 'a tensor: give tensor.arraySync()' : typeof points}.`,
    );
  const rows = points as unknown[];
  for (const [row, point] of rows.entries()) {
    if (!Array.isArray(point))
      refuse(`Points are an array of arrays of numbers, one a row; row ${row} is ${typeof point}.`);
    const values = point as unknown[];
    const { length } = rows[0] as unknown[];
    if (values.length !== length)
      refuse(`All points have one dimension; row ${row} has ${values.length} numbers, row 0 has ${length}.`);
    const wrong = values.find((value) => !Number.isFinite(value));
    if (wrong !== undefined) refuse(`Points are finite numbers; row ${row} holds ${String(wrong)}.`);
  }
}

/** A plain loss behind the door that its twin on tensors has. */
export function ofPlainBatch<Rest extends unknown[], R>(
  loss: (points: number[][], labels: number[], ...rest: Rest) => R,
): (points: number[][], labels: number[], ...rest: Rest) => R {
  return (points, labels, ...rest) => {
    requirePoints(points);
    requireClassLabels(labels, points.length);
    return loss(points, Array.from(labels), ...rest);
  };
}

/** The same of a loss of one triplet. */
export function ofPlainTriplet<Rest extends unknown[], R>(
  loss: (a: readonly number[], p: readonly number[], n: readonly number[], ...rest: Rest) => R,
): typeof loss {
  return (a, p, n, ...rest) => {
    requirePoints([a, p, n]);
    return loss(a, p, n, ...rest);
  };
}
