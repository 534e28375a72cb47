import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.js';
import { writeFailure } from './write-failure.js';

/**
 * Writes a file whole or not at all: to a temporary name beside it, then renamed. Folders on the
 * way are made.
 *
 * @throws KitError `not-writable` with the path and what to do (disk full, no permission, read-only).
 */
export function writeFileWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    makeFolder(dirname(path));
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw writeFailure(path, error);
  }
}
