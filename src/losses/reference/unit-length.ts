import { addScaled, dot, type LossAndGradient } from './gradient-matrix.js';

/**
 * A loss of u = x/‖x‖, with the gradient taken back to x: ∂u/∂x = (I − uuᵀ)/‖x‖, so g_x = (g_u − (uᵀg_u) u)/‖x‖.
 * Where ‖x‖ < 1e-12, u = x/1e-12 and the gradient is g_u/1e-12.
 */
export function onUnitSphere(
  points: readonly (readonly number[])[],
  loss: (unit: number[][]) => LossAndGradient,
): LossAndGradient {
  const lengths = points.map((point) => Math.sqrt(dot(point, point)));
  const unit = points.map((point, i) => point.map((value) => value / Math.max(lengths[i], 1e-12)));
  const onSphere = loss(unit);
  const gradient = onSphere.gradient.map((g, i) => {
    if (lengths[i] < 1e-12) return g.map((value) => value / 1e-12);
    const tangential = [...g];
    addScaled(tangential, -dot(unit[i], g), unit[i]);
    return tangential.map((value) => value / lengths[i]);
  });
  return { loss: onSphere.loss, gradient };
}
