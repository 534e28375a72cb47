import { type Degrees, toRadians } from './angle.js';

/**
 * The largest γ with: ∠n′ ≤ α implies ‖x_a−x_n‖ ≥ γ ‖x_a−x_p‖, wherever the negative lies; by symmetry the same for the positive.
 *
 * With r = ‖x_a−x_p‖/2 the bound says ‖x_n−x_c‖ ≥ r/tan α, and ‖x_a−x_n‖ ≥ ‖x_n−x_c‖ − ‖x_a−x_c‖ = ‖x_n−x_c‖ − r. So
 * γ = (1/tan α − 1)/2, or 0 from 45° on; it is reached where the negative lies behind the anchor, seen from x_c. γ ≥ 1, so that the positive
 * is never farther than the negative, needs tan α ≤ 1/3: α ≤ 18.43°.
 */
export function guaranteedDistanceRatio(alpha: Degrees): number {
  return Math.max(0, (1 / Math.tan(toRadians(alpha)) - 1) / 2);
}

/** arctan(1/3), 18.43°: the largest α at which a satisfied bound puts the positive before every negative. */
export const LARGEST_ALPHA_OF_RIGHT_NEIGHBOURS = ((Math.atan(1 / 3) * 180) / Math.PI) as Degrees;
