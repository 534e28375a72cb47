import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/files/file-lock.js';
import { temporaryFolder } from '../picture-folder.js';

describe('a lock', () => {
  it('is there while the work runs, and gone after it, also after a failure', async () => {
    const path = join(temporaryFolder(), 'deeper', 'lock');
    expect(await withLock(path, async () => existsSync(path))).toBe(true);
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
  });

  it('of a process that ended is taken over', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, String(spawnSync('true').pid));
    expect(await withLock(path, async () => 'done')).toBe('done');
  });

  it('of a process that ends within two seconds is waited for', async () => {
    const path = join(temporaryFolder(), 'lock');
    const child = spawn('sleep', ['0.5']);
    writeFileSync(path, String(child.pid));
    expect(await withLock(path, async () => 'done')).toBe('done');
  });

  it('of a process at work is refused, by its number', async () => {
    const path = join(temporaryFolder(), 'lock');
    const child = spawn('sleep', ['10']);
    writeFileSync(path, String(child.pid));
    await expect(withLock(path, async () => 'done')).rejects.toThrow(`Process ${child.pid} is at work`);
    child.kill();
  });

  it('of another machine is refused, by its number there, though no process here has that number', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, `${spawnSync('true').pid} another-machine`);
    await expect(withLock(path, async () => 'done')).rejects.toThrow(
      /Process \d+ on another-machine is at work/,
    );
    expect(existsSync(path)).toBe(true);
  });

  it('that is being written is not taken over', async () => {
    const path = join(temporaryFolder(), 'lock');
    const child = spawn('sleep', ['10']);
    writeFileSync(path, '');
    setTimeout(() => writeFileSync(path, String(child.pid)), 300);
    await expect(withLock(path, async () => 'done')).rejects.toThrow(`Process ${child.pid} is at work`);
    expect(existsSync(path)).toBe(true);
    child.kill();
  });

  it('of a process that ended goes to one of two that want it', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, String(spawnSync('true').pid));
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
      // The inner sleep ends under a parent that never waits for it.
      const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 10']);
      const pid = await new Promise<string>((resolve) =>
        parent.stdout.once('data', (text) => resolve(`${text}`.trim())),
      );
      await new Promise((resolve) => setTimeout(resolve, 400));
      writeFileSync(path, pid);
      const since = performance.now();
      expect(await withLock(path, async () => 'done')).toBe('done');
      expect(performance.now() - since).toBeLessThan(1500);
      parent.kill();
    },
  );
});
