import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { Claims } from '../../src/files/claim.js';
import { temporaryFolder } from '../picture-folder.js';

/** A claim as a process of another machine would have left it. */
function foreignClaim(folder: string, name = 'run', host = 'another-machine', pid = 77): string {
  const token = `${host}~${pid}~5~abcdefgh`;
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, token), '');
  return join(folder, name, token);
}

describe('a claim', () => {
  it('is given to one, told to the others, and given again once it is released', () => {
    const folder = join(temporaryFolder(), 'claims');
    const [one, other] = [new Claims(folder), new Claims(folder)];
    const claim = one.take('run');
    expect(claim?.isHeld).toBe(true);
    expect(other.take('run')).toBeNull();
    expect(other.holder('run')).toEqual({ host: hostname(), pid: process.pid });
    claim?.release();
    expect(other.holder('run')).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
    expect(other.take('run')?.isHeld).toBe(true);
  });

  it('of a process of this machine that ended is taken over at once', () => {
    const folder = temporaryFolder();
    foreignClaim(folder, 'run', hostname(), spawnSync('true').pid);
    expect(new Claims(folder).take('run')?.isHeld).toBe(true);
    expect(readdirSync(join(folder, 'run'))).toHaveLength(1);
  });

  it.skipIf(process.platform !== 'linux')(
    'of a process whose number another one has now is taken over',
    () => {
      const folder = temporaryFolder();
      foreignClaim(folder, 'run', hostname(), process.ppid);
      expect(new Claims(folder).take('run')?.isHeld).toBe(true);
    },
  );

  it('of another machine is taken over only when it was seen unchanged for the lease, whatever the clocks say', () => {
    const folder = temporaryFolder();
    const path = foreignClaim(folder);
    utimesSync(path, new Date(0), new Date(0));
    const claims = new Claims(folder, 300);
    const now = vi.spyOn(performance, 'now');
    const takenAt = (time: number) => {
      now.mockReturnValue(time);
      return claims.take('run');
    };
    expect(takenAt(0)).toBeNull();
    // It shows that it is alive, by a clock that is decades behind.
    utimesSync(path, new Date(5), new Date(5));
    expect(takenAt(200)).toBeNull();
    expect(takenAt(400)).toBeNull();
    expect(takenAt(550)?.isHeld).toBe(true);
    now.mockRestore();
  });

  it('that was taken over is no longer held, and releasing it leaves the new one alone', () => {
    const folder = temporaryFolder();
    const claim = new Claims(folder).take('run');
    const [token] = readdirSync(join(folder, 'run'));
    renameSync(join(folder, 'run', token), join(folder, 'run', 'another-machine~7~5~abcd'));
    expect(claim?.isHeld).toBe(false);
    claim?.release();
    expect(readdirSync(join(folder, 'run'))).toEqual(['another-machine~7~5~abcd']);
  });

  it('that was left empty by a kill in the middle of a release is free', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'run'));
    expect(new Claims(folder).take('run')?.isHeld).toBe(true);
  });

  it('goes to one of many processes that want it, also when a dead one holds it, hundreds of times', async () => {
    const folder = join(temporaryFolder(), 'claims');
    const log = join(temporaryFolder(), 'log');
    for (let i = 0; i < 60; i++)
      foreignClaim(folder, `run-${i}`, hostname(), i % 2 ? spawnSync('true').pid : 2 ** 22 + i);
    const code = `
      const { Claims } = require(${JSON.stringify(resolve('dist/files/claim.js'))});
      const { appendFileSync } = require('node:fs');
      const claims = new Claims(${JSON.stringify(folder)});
      for (let i = 0; i < 120; i++) {
        const claim = claims.take('run-' + i);
        if (claim !== null) appendFileSync(${JSON.stringify(log)}, i + '\\n');
      }
      process.send('done');
      process.on('message', () => process.exit(0));`;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
    // None ends before all asked: what one holds must not become free by its end.
    await Promise.all(children.map((child) => new Promise((done) => child.once('message', done))));
    for (const child of children) child.send('end');
    const taken = readFileSync(log, 'utf8').trim().split('\n').map(Number);
    expect(taken.toSorted((a, b) => a - b)).toEqual([...Array(120).keys()]);
  });

  it('says in a sentence that no claim can be written', () => {
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, '');
    expect(() => new Claims(folder).take('run')).toThrow(/Could not write .*is a file, not a folder/);
  });
});
