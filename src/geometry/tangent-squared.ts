import { KitError } from '../kit-error.js';

/**
 * tan²α.
 *
 * @param alphaDegrees in degrees, between 0 and 90
 * @throws KitError `invalid-argument`
 */
export function tangentSquared(alphaDegrees: number): number {
  if (!(alphaDegrees > 0 && alphaDegrees < 90)) {
    throw new KitError(
      'invalid-argument',
      `alphaDegrees is ${alphaDegrees}; α is an angle in degrees, larger than 0 and smaller than 90 (the paper uses 36 to 55).`,
    );
  }
  return Math.tan((alphaDegrees * Math.PI) / 180) ** 2;
}
