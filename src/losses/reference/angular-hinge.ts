import { tangentSquared } from '../../geometry/tangent-squared.js';
import { dot, minus } from './gradient-matrix.js';
import type { TripletGradient } from './triplet-hinge.js';

/**
 * [‖a−p‖² − 4 tan²α ‖n−c‖²]₊, c = (a+p)/2 (Wang et al. 2017). Where active, with t = tan²α and s = a + p − 2n:
 * ∂a = 2(a−p) − 2ts, ∂p = 2(p−a) − 2ts, ∂n = 4ts.
 *
 * @param alphaDegrees in degrees
 */
export function angularHinge(
  a: readonly number[],
  p: readonly number[],
  n: readonly number[],
  alphaDegrees: number,
): TripletGradient {
  const t = tangentSquared(alphaDegrees);
  const s = a.map((value, i) => value + p[i] - 2 * n[i]);
  const toCentre = s.map((value) => value / 2);
  const violation = dot(minus(a, p), minus(a, p)) - 4 * t * dot(toCentre, toCentre);
  const active = violation > 0 ? 1 : 0;
  return {
    loss: Math.max(0, violation),
    gradient: {
      anchor: s.map((value, i) => active * (2 * (a[i] - p[i]) - 2 * t * value)),
      positive: s.map((value, i) => active * (2 * (p[i] - a[i]) - 2 * t * value)),
      negative: s.map((value) => active * 4 * t * value),
    },
  };
}
