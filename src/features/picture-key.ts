import { createHash } from 'node:crypto';
import { KitError } from '../kit-error.js';
import type { ImageSet } from '../types/image-set.js';

/**
 * 64 hex digits that name what an item shows, by which what is made of it is kept.
 *
 * @throws KitError `invalid-argument` for a set that gives no digests
 */
export function pictureKeys({ name, digests }: ImageSet): (item: number) => string {
  if (digests === undefined) {
    throw new KitError('invalid-argument', `${name} gives no digests of its pictures; load it from files.`);
  }
  return (item) =>
    digests[item].length === 64 ? digests[item] : createHash('sha256').update(digests[item]).digest('hex');
}
