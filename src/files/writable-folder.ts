import { mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './make-folder.js';
import { writeFailure } from './write-failure.js';

/**
 * Before work that takes long: whether its results can be written there. The folder is made if it is not there.
 *
 * @throws KitError `not-writable` with the path and what to do
 */
export function requireWritableFolder(folder: string): void {
  try {
    makeFolder(folder);
    rmdirSync(mkdtempSync(join(folder, '.writable-')));
  } catch (error) {
    throw writeFailure(folder, error);
  }
}
