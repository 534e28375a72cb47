import { type BigIntStats, statSync } from 'node:fs';

/** Of the file or folder that a path leads to; undefined where it leads nowhere, as a broken or circular link does. */
export function factsOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(code)) return undefined;
    throw error;
  }
}
