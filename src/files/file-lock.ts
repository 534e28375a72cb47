import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { KitError } from '../kit-error.js';
import { makeFolder } from './make-folder.js';
import { writeFailure } from './write-failure.js';

/**
 * Keeps a second process out while `work` runs; a lock left by a process that ended is taken over, but not one of another
 * machine, of whose processes nothing is known here.
 *
 * @throws KitError `not-writable` when another process holds it
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await acquire(path);
  try {
    return await work();
  } finally {
    if (isOwn(holderOf(path))) rmSync(path, { force: true });
  }
}

/** A process that was just killed needs a moment to be gone. */
const PATIENCE_MS = 2000;

async function acquire(path: string): Promise<void> {
  const since = performance.now();
  for (;;) {
    try {
      makeFolder(dirname(path));
      writeFileSync(path, `${process.pid} ${hostname()}`, { flag: 'wx' });
      return;
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' || syscall !== 'open') throw writeFailure(path, error);
      const holder = holderOf(path);
      if (holder !== null && holder.host === hostname() && !isAlive(holder.pid)) clearAway(path, holder.pid);
      else if (performance.now() - since < PATIENCE_MS) await setTimeout(50);
      else {
        throw new KitError(
          'not-writable',
          `${nameOf(holder)} is at work on the same files. Wait for it; if it is something else, remove ${path}.`,
        );
      }
    }
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Null where the lock is gone meanwhile, or is there but not written yet. */
function holderOf(path: string): Holder | null {
  try {
    const [pid, host = hostname()] = readFileSync(path, 'utf8').split(' ');
    return Number(pid) > 0 ? { pid: Number(pid), host } : null;
  } catch {
    return null;
  }
}

function isOwn(holder: Holder | null): boolean {
  return holder?.pid === process.pid && holder.host === hostname();
}

function nameOf(holder: Holder | null): string {
  if (holder === null) return 'Another process';
  return holder.host === hostname() ? `Process ${holder.pid}` : `Process ${holder.pid} on ${holder.host}`;
}

/** By a rename, so that of two processes one clears a dead lock away and none a new one. */
function clearAway(path: string, dead: number): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (holderOf(aside)?.pid === dead) rmSync(aside);
    else renameSync(aside, path);
  } catch {
    // The other one was faster.
  }
}

/** A killed process stays listed until its parent asks for it: without an init, as in many containers, for ever. */
function isDead(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && /\) Z /.test(readFileSync(path, 'utf8'));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !isDead(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
