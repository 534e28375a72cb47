import { dot, minus } from './gradient-matrix.js';

/** What a loss of one triplet returns. */
export interface TripletGradient {
  readonly loss: number;
  readonly gradient: { readonly anchor: number[]; readonly positive: number[]; readonly negative: number[] };
}

/**
 * [‖a−p‖² − ‖a−n‖² + m]₊ (Schroff et al. 2015, Eq. 2). Where active: ∂a = 2(n−p), ∂p = 2(p−a), ∂n = 2(a−n).
 */
export function tripletHinge(
  a: readonly number[],
  p: readonly number[],
  n: readonly number[],
  margin: number,
): TripletGradient {
  const violation = dot(minus(a, p), minus(a, p)) - dot(minus(a, n), minus(a, n)) + margin;
  const active = violation > 0 ? 1 : 0;
  return {
    loss: active * violation,
    gradient: {
      anchor: minus(n, p).map((value) => 2 * active * value),
      positive: minus(p, a).map((value) => 2 * active * value),
      negative: minus(a, n).map((value) => 2 * active * value),
    },
  };
}
