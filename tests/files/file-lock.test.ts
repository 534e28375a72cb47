import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { CLAIM_LEASE } from '../../src/files/claim.js';
import { PATIENCE_WITH_MACHINES, withLock } from '../../src/files/file-lock.js';
import { temporaryFolder } from '../picture-folder.js';

/** A process that holds the lock for so long, once it does. */
async function holderOf(path: string, milliseconds: number): Promise<ChildProcess> {
  const code = `
    const { withLock } = require(${JSON.stringify(resolve('dist/files/file-lock.js'))});
    withLock(${JSON.stringify(path)}, () => {
      process.send('held');
      return new Promise((resolve) => setTimeout(resolve, ${milliseconds}));
    }).then(() => process.exit());`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await new Promise((held) => child.once('message', held));
  return child;
}

/** A lock as a process that ended would have left it. */
function leftBehind(path: string, host = hostname()): string {
  mkdirSync(path, { recursive: true });
  const file = join(path, `${host}~${spawnSync('true').pid}~5~abcdefgh`);
  writeFileSync(file, '');
  return file;
}

describe('a lock', () => {
  it('is there while the work runs, and gone after it, also after a failure', async () => {
    const path = join(temporaryFolder(), 'deeper', 'lock');
    expect(await withLock(path, async () => existsSync(path))).toBe(true);
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('of a process that ended is taken over', async () => {
    const path = join(temporaryFolder(), 'lock');
    leftBehind(path);
    expect(await withLock(path, async () => 'done')).toBe('done');
  });

  it('of a process that ends within two seconds is waited for', async () => {
    const path = join(temporaryFolder(), 'lock');
    await holderOf(path, 500);
    expect(await withLock(path, async () => 'done')).toBe('done');
  });

  it('of a process at work is refused, by its number and what it does', async () => {
    const path = join(temporaryFolder(), 'lock');
    const child = await holderOf(path, 10_000);
    await expect(withLock(path, async () => 'done')).rejects.toThrow(`Process ${child.pid} is at work`);
    await expect(withLock(path, async () => 'done', { patience: 0, doing: 'is sowing' })).rejects.toThrow(
      `Process ${child.pid} is sowing. Wait for it`,
    );
    expect(existsSync(path)).toBe(true);
    child.kill();
  });

  it('of another machine is refused, by its number there, though no process here has that number', async () => {
    const path = join(temporaryFolder(), 'lock');
    const file = leftBehind(path, 'another-machine');
    // Also where it was left long ago.
    utimesSync(file, new Date(0), new Date(0));
    await expect(withLock(path, async () => 'done')).rejects.toThrow(
      /Process \d+ on another-machine is at work/,
    );
    expect(existsSync(path)).toBe(true);
  });

  it('of another machine that vanished is taken over by who waits for longer than a lease', async () => {
    const path = join(temporaryFolder(), 'lock');
    leftBehind(path, 'another-machine');
    let looks = 0;
    const now = vi.spyOn(performance, 'now').mockImplementation(() => (CLAIM_LEASE / 4) * looks++);
    const options = { patience: PATIENCE_WITH_MACHINES };
    await expect(withLock(path, async () => 'done', options)).resolves.toBe('done');
    now.mockRestore();
  });

  it('is waited for until the signal', async () => {
    const path = join(temporaryFolder(), 'lock');
    leftBehind(path, 'another-machine');
    const signal = AbortSignal.timeout(200);
    const waiting = withLock(path, async () => 'done', { patience: Number.POSITIVE_INFINITY, signal });
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('of a process that ended goes to one of two that want it', async () => {
    const path = join(temporaryFolder(), 'lock');
    leftBehind(path);
    let inside = 0;
    const work = async () => {
      inside++;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return inside--;
    };
    expect(await Promise.all([withLock(path, work), withLock(path, work)])).toEqual([1, 1]);
  });

  it.skipIf(process.platform !== 'linux')(
    'of a killed process that no one asked for is taken over',
    async () => {
      const path = join(temporaryFolder(), 'lock');
      const code = `
        const { Claims } = require(${JSON.stringify(resolve('dist/files/claim.js'))});
        new Claims(${JSON.stringify(dirname(path))}).take('lock');`;
      // Node ends under a parent that never waits for it.
      const parent = spawn('sh', ['-c', '"$0" -e "$1" & echo $!; exec sleep 10', process.execPath, code]);
      while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setTimeout(resolve, 400));
      const since = performance.now();
      expect(await withLock(path, async () => 'done')).toBe('done');
      expect(performance.now() - since).toBeLessThan(1500);
      parent.kill();
    },
  );
});
