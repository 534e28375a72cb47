import type { CurvePoint, RunRecord } from '../types/run-record.js';

type ValidationScores = Pick<CurvePoint, 'validationRecallAt1' | 'validationMeanAveragePrecisionAtR'>;

/** By Recall@1 and, where that is the same (1 on easy data, or one of few values on little), by MAP@R. */
export function isBetter(one: ValidationScores, other: ValidationScores): boolean {
  const difference = one.validationRecallAt1 - other.validationRecallAt1;
  return difference > 0 || (difference === 0 && precision(one) > precision(other));
}

const precision = (scores: ValidationScores) => scores.validationMeanAveragePrecisionAtR ?? 0;

/** The point of a curve that is better than all before it and not worse than any after, and what told it from the others. */
export function chosenPoint(curve: readonly CurvePoint[]): {
  readonly point: CurvePoint;
  readonly chosenBy: NonNullable<RunRecord['chosenBy']>;
} {
  const point = curve.reduce((best, next) => (isBetter(next, best) ? next : best));
  const tied = curve.filter(({ validationRecallAt1 }) => validationRecallAt1 === point.validationRecallAt1);
  return {
    point,
    chosenBy: tied.length > 1 ? 'validationMeanAveragePrecisionAtR' : 'validationRecallAt1',
  };
}
