import { existsSync } from 'node:fs';
import { KitError } from '../kit-error.js';

/**
 * A folder that went away must not be made anew: a record in its place would be lost when it is back.
 *
 * @param proof a file that lies in the results from the start; without one nothing is asked
 * @throws KitError `not-writable` where it is there no more
 */
export function requireThere(proof: string | undefined): void {
  if (proof === undefined || existsSync(proof)) return;
  throw new KitError(
    'not-writable',
    `The results folder went away: ${proof} is not there any more (a network drive that is no longer mounted?). Nothing was written in its place; what lay there before counts as soon as it is back: run the command again then.`,
  );
}
