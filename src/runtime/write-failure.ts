import { KitError } from './kit-error.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space and run the command again: it goes on from there',
  EDQUOT: 'the disk quota is used up; free some space and run the command again: it goes on from there',
  EACCES: 'no permission to write there; choose another folder with KIT_DATA',
  EPERM: 'no permission to write there; choose another folder with KIT_DATA',
  EROFS: 'the file system is read-only; choose another folder with KIT_DATA',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another folder with KIT_DATA',
};

/** The error to throw instead of one that came from writing: a KitError where the person can do something. */
export function writeFailure(path: string, error: unknown): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  if (reason === undefined) return error;
  return new KitError('not-writable', `Could not write ${path}: ${reason}.`, { cause: error });
}
