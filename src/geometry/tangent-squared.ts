import { KitError } from '../kit-error.js';

/**
 * tan²α.
 *
 * @param alphaDegrees in degrees, between 0 and 90
 * @throws KitError `invalid-argument`
 */
export function tangentSquared(alphaDegrees: number): number {
  // As from JavaScript: the text "45" is compared and multiplied as if it were a number.
  if (!(typeof alphaDegrees === 'number' && alphaDegrees > 0 && alphaDegrees < 90)) {
    throw new KitError(
      'invalid-argument',
      `alphaDegrees is ${typeof alphaDegrees === 'string' ? JSON.stringify(alphaDegrees) : alphaDegrees}; α is an angle in degrees, larger than 0 and smaller than 90 (the paper uses 36 to 55).`,
    );
  }
  warnOfUnits(alphaDegrees);
  return Math.tan((alphaDegrees * Math.PI) / 180) ** 2;
}

let warned = false;

/** Once a process: an α that is allowed, but that hardly anyone means. */
function warnOfUnits(alphaDegrees: number): void {
  const radians = alphaDegrees < 2;
  if (warned || !(radians || (alphaDegrees >= 4 && alphaDegrees <= 15))) return;
  warned = true;
  process.emitWarning(
    radians
      ? `alphaDegrees is ${alphaDegrees}: that looks like radians. α is in degrees here; ${alphaDegrees} radians are ${((alphaDegrees * 180) / Math.PI).toFixed(1)} degrees.`
      : `alphaDegrees is ${alphaDegrees}: in degrees the paper uses 36 to 55. Values of 4 to 15 are seen in code on the web that does not take α as degrees; if this one comes from there, take one of the paper's.`,
    'AngularLossWarning',
  );
}
