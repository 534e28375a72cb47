import type { Point } from 'angular-loss-kit';

/** Points of a circle in the plane, or of its arc between two angles in radians, in the order of a line. */
export function circle(radius: number, [cx, cy]: Point, from = 0, to = 2 * Math.PI) {
  return Array.from({ length: 91 }, (_, order) => {
    const at = from + (order / 90) * (to - from);
    return { x: cx + radius * Math.cos(at), y: cy + radius * Math.sin(at), order };
  });
}
