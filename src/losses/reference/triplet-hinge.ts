import { dot, minus } from './gradient-matrix.js';

/** What a loss of one triplet returns. */
export interface TripletGradient {
  readonly loss: number;
  readonly gradient: { readonly anchor: number[]; readonly positive: number[]; readonly negative: number[] };
}

/**
 * [‖a−p‖² − ‖a−n‖² + m]₊ (Schroff et al. 2015). Where active: ∂a = 2(n−p), ∂p = 2(p−a), ∂n = 2(a−n). With margin `soft`
 * log(1 + exp(‖a−p‖² − ‖a−n‖²)) (Hermans et al. 2017): the same directions, weighted by the logistic function.
 */
export function tripletHinge(
  a: readonly number[],
  p: readonly number[],
  n: readonly number[],
  margin: number | 'soft',
): TripletGradient {
  const gap = dot(minus(a, p), minus(a, p)) - dot(minus(a, n), minus(a, n));
  const [loss, weight] =
    margin === 'soft'
      ? [Math.max(0, gap) + Math.log1p(Math.exp(-Math.abs(gap))), 1 / (1 + Math.exp(-gap))]
      : [Math.max(0, gap + margin), gap + margin > 0 ? 1 : 0];
  return {
    loss,
    gradient: {
      anchor: minus(n, p).map((value) => 2 * weight * value),
      positive: minus(p, a).map((value) => 2 * weight * value),
      negative: minus(a, n).map((value) => 2 * weight * value),
    },
  };
}
