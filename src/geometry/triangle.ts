import { type Degrees, degrees, radians, toDegrees, toRadians } from './angle.js';

/** A point of R^d. */
export type Point = readonly number[];

/** Anchor, positive and negative, all of one dimension. */
export interface Triangle {
  readonly anchor: Point;
  readonly positive: Point;
  readonly negative: Point;
}

/** x_c = (x_a + x_p) / 2, the centre of the circle through anchor and positive (Wang et al. 2017, section 3). */
export function midpoint({ anchor, positive }: Pick<Triangle, 'anchor' | 'positive'>): number[] {
  return anchor.map((value, i) => (value + positive[i]) / 2);
}

/** ∠n, the triangle's own angle at the negative; NaN where the negative coincides with another point. */
export function angleAtNegative({ anchor, positive, negative }: Triangle): Degrees {
  return angleBetween(difference(anchor, negative), difference(positive, negative));
}

/** ∠a, the triangle's own angle at the anchor. */
export function angleAtAnchor({ anchor, positive, negative }: Triangle): Degrees {
  return angleBetween(difference(positive, anchor), difference(negative, anchor));
}

/**
 * tan ∠n′ = ‖x_a−x_p‖ / (2‖x_n−x_c‖): what the angular loss bounds (Wang et al. 2017, section 3). Infinity where the
 * negative lies on the midpoint.
 */
export function tangentAtNegative(triangle: Triangle): number {
  const { anchor, positive, negative } = triangle;
  return length(difference(anchor, positive)) / (2 * length(difference(negative, midpoint(triangle))));
}

/** ∠n′, the angle at the negative in the triangle of x_m, x_c and x_n. */
export function constructedAngleAtNegative(triangle: Triangle): Degrees {
  return toDegrees(radians(Math.atan(tangentAtNegative(triangle))));
}

/**
 * x_m: a point at which the circle (in R^d: the sphere) around x_c through anchor and positive meets the
 * plane through x_c perpendicular to x_n − x_c. There are two in the plane, opposite to each other; this is the one on
 * the anchor's side, or where the anchor lies on the line through x_c and x_n, one of its normals.
 */
export function auxiliaryPoint(triangle: Triangle): number[] {
  const centre = midpoint(triangle);
  const radius = length(difference(triangle.anchor, triangle.positive)) / 2;
  const axis = difference(triangle.negative, centre);
  const squared = dot(axis, axis);
  let across = perpendicularPart(difference(triangle.anchor, centre), axis, squared);
  for (let i = 0; length(across) < 1e-9 * (radius || 1) && i < axis.length; i++) {
    across = perpendicularPart(
      axis.map((_, j) => (i === j ? 1 : 0)),
      axis,
      squared,
    );
  }
  // Once more: what rounding left along the axis would be made as large as the radius where the anchor is near the line.
  across = perpendicularPart(across, axis, squared);
  const scale = radius / length(across);
  return centre.map((value, i) => value + across[i] * scale);
}

/** Whether ∠n′ exceeds α: whether the angular hinge ‖x_a−x_p‖² − 4 tan²α ‖x_n−x_c‖² is positive. */
export function violatesBound(triangle: Triangle, alpha: Degrees): boolean {
  return tangentAtNegative(triangle) > Math.tan(toRadians(alpha));
}

/** Share, 0 to 1, of the triplets that violate the bound. */
export function violatingShare(triangles: readonly Triangle[], alpha: Degrees): number {
  return triangles.filter((triangle) => violatesBound(triangle, alpha)).length / triangles.length;
}

function perpendicularPart(vector: Point, axis: Point, squared: number): number[] {
  const along = squared === 0 ? 0 : dot(vector, axis) / squared;
  return vector.map((value, i) => value - along * axis[i]);
}

function angleBetween(a: Point, b: Point): Degrees {
  const cosine = dot(a, b) / (length(a) * length(b));
  return Number.isNaN(cosine)
    ? degrees(Number.NaN)
    : toDegrees(radians(Math.acos(Math.max(-1, Math.min(1, cosine)))));
}

function difference(a: Point, b: Point): number[] {
  return a.map((value, i) => value - b[i]);
}

function dot(a: Point, b: Point): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function length(a: Point): number {
  return Math.sqrt(dot(a, a));
}
