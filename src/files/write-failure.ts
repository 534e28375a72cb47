import { KitError } from '../kit-error.js';

const ELSEWHERE = 'choose another folder (--results, --out, KIT_CACHE or KIT_DATA, whichever named this one)';
const FULL = 'free some space and run the command again: it goes on from there';
const BEHIND_A_FILE = `a part of the path is a file, not a folder; ${ELSEWHERE}`;
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: `the disk is full; ${FULL}`,
  EDQUOT: `the disk quota is used up; ${FULL}`,
  EACCES: `no permission to write there; change the permissions or ${ELSEWHERE}`,
  EPERM: `no permission to write there; change the permissions or ${ELSEWHERE}`,
  EROFS: `the file system is read-only; ${ELSEWHERE}`,
  ENOTDIR: BEHIND_A_FILE,
  'mkdir EEXIST': BEHIND_A_FILE,
  // What Node says of a folder to be made on a read-only file system.
  'mkdir ENOENT': `no folder can be made there; ${ELSEWHERE}`,
  'rename EISDIR': 'it is a folder; choose another name',
};

/** The error to throw instead of one that came from writing: a KitError where the person can do something. */
export function writeFailure(path: string, error: unknown): unknown {
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? REASONS[`${syscall} ${code}`];
  if (reason === undefined) return error;
  return new KitError('not-writable', `Could not write ${path}: ${reason}.`, { cause: error });
}
