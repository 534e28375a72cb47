import { squaredNorms } from './embedding-geometry.js';
import type { Rows } from './score-engine.js';

/** Half a unit in the last place of float32. */
const ROUNDING = 2 ** -24;

/** What settles near ties: distances in float64, and how far a float32 score may be from the true one. */
export interface ExactDistances {
  /** Smaller is nearer. */
  between(x: number, y: number): number;
  /** The distance that a score stands for. */
  ofScore(x: number, score: number): number;
  /** The score that a distance from x would have. */
  scoreOf(x: number, distance: number): number;
  /** By how much the float32 score of y for the query x may be off. */
  slack(x: number, y: number): number;
  /** Where it is the same for all pairs. */
  readonly commonSlack?: number;
  /** Share of a distance by which equal ones may differ: what float64 itself leaves open. */
  readonly tolerance: number;
}

/**
 * Squared Euclidean distances, from differences. The bound is of the worst case: every rounding of a product of d terms
 * in one direction (Higham 2002, section 3.1), of the rows when they were centred, and of the sums behind.
 *
 * @param rows as they were given
 * @param centred the same less their mean and times `scale`, in float32: what the scores x·y − ‖y‖²/2 are of
 */
export function exactEuclidean(rows: Rows, centred: Rows, scale: number): ExactDistances {
  const { vectors, dimension } = rows;
  const squares = squaredNorms(centred);
  const norms = squares.map(Math.sqrt);
  const product = (dimension + 16) * ROUNDING;
  return {
    between(x, y) {
      const [a, b] = [x * dimension, y * dimension];
      let sum = 0;
      for (let i = 0; i < dimension; i++) {
        const difference = (vectors[a + i] - vectors[b + i]) * scale;
        sum += difference * difference;
      }
      return sum;
    },
    ofScore: (x, score) => squares[x] - 2 * score,
    scoreOf: (x, distance) => (squares[x] - distance) / 2,
    slack: (x, y) => product * norms[y] * (norms[x] + norms[y]) + 8 * ROUNDING * squares[x],
    tolerance: 0,
  };
}

/**
 * 1 less the cosine similarity, as half the squared distance of unit rows: exact also where rows point almost the same way.
 * A zero row is at 1 to all. The scores are products of unit rows in float32.
 */
export function exactCosine({ vectors, dimension }: Rows): ExactDistances {
  const inverses = squaredNorms({ vectors, dimension }).map((square) =>
    square === 0 ? 0 : 1 / Math.sqrt(square),
  );
  const slack = (dimension + 16) * ROUNDING;
  return {
    between(x, y) {
      const [a, b] = [x * dimension, y * dimension];
      // Division takes several times as long as multiplication, and this is most of what settling takes.
      const [first, second] = [inverses[x], inverses[y]];
      if (first === 0 || second === 0) return 1;
      let sum = 0;
      for (let i = 0; i < dimension; i++) {
        const difference = vectors[a + i] * first - vectors[b + i] * second;
        sum += difference * difference;
      }
      return sum / 2;
    },
    ofScore: (_, score) => 1 - score,
    scoreOf: (_, distance) => 1 - distance,
    slack: () => slack,
    commonSlack: slack,
    tolerance: 2 ** -49,
  };
}
