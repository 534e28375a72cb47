import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KitError } from './kit-error.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space and run the command again',
  EDQUOT: 'the disk quota is used up; free some space and run the command again',
  EACCES: 'no permission to write there; change the permissions or choose another folder with --results',
  EPERM: 'no permission to write there; change the permissions or choose another folder with --results',
  EROFS: 'the file system is read-only; choose another folder with --results',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another folder with --results',
  EEXIST: 'a part of the path is a file, not a folder; choose another folder with --results',
};

/**
 * Writes a file whole or not at all: to a temporary name beside it, then renamed. Folders on the
 * way are made.
 *
 * @throws KitError `not-writable` with the path and what to do (disk full, no permission, read-only).
 */
export function writeFileWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    throw new KitError('not-writable', `Could not write ${path}: ${reason}.`, { cause: error });
  }
}
