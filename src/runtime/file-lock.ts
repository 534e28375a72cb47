import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KitError } from './kit-error.js';
import { writeFailure } from './write-failure.js';

/**
 * Keeps a second process out while `work` runs; a lock left by a process that ended is taken over.
 *
 * @throws KitError `not-writable` when another process holds it
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  acquire(path);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function acquire(path: string): void {
  for (;;) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeFailure(path, error);
      const holder = Number(readFileSync(path, 'utf8'));
      if (isAlive(holder)) {
        throw new KitError(
          'not-writable',
          `Process ${holder} is at work on the same files. Wait for it; if it is something else, remove ${path}.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
