import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSlurmOptions } from '../../src/sweeps/slurm-options.js';
import { blocksOf, rangesOf } from '../../src/sweeps/slurm-script.js';
import { secondsOf } from '../../src/sweeps/slurm-time.js';
import { temporaryFolder } from '../picture-folder.js';

function fileOf(content: unknown): string {
  const path = join(temporaryFolder(), 'sweep.slurm.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe('options for Slurm', () => {
  it('come from the file, and the command line goes over it', () => {
    const path = fileOf({ partition: 'gpu', time: '2:00:00', gpus: 'a100:1', setup: ['module load nodejs'] });
    expect(readSlurmOptions({ partition: 'short', mem: undefined }, path)).toEqual({
      partition: 'short',
      time: '2:00:00',
      gpus: 'a100:1',
      setup: ['module load nodejs'],
    });
  });

  it('names every fault of the file, and the keys that there are', () => {
    const path = fileOf({ partitions: 'gpu', maxParallel: 0, sbatch: ['exclusive'] });
    expect(() => readSlurmOptions({}, path)).toThrow(
      /unknown key "partitions"; it takes partition, account.*|maxParallel.*found 0/s,
    );
    expect(() => readSlurmOptions({}, path)).toThrow(/maxParallel.*\(found 0\)/s);
  });

  it('refuses several GPUs a task, since a run computes on one', () => {
    expect(() => readSlurmOptions({ gpus: '2' })).toThrow(/gpus is 2; a run computes on one GPU/);
    expect(readSlurmOptions({ gpus: '1' })).toEqual({ gpus: '1' });
  });

  it.each([
    ['90', 5400],
    ['90:30', 5430],
    ['1:30:00', 5400],
    ['2-6', 194_400],
    ['1-0:30', 88_200],
    ['1-00:00:30', 86_430],
  ])('takes the time limit %s as sbatch does', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it('refuses a time limit that is none', () => {
    expect(() => readSlurmOptions({ time: '2 hours' })).toThrow(/time limit is "2 hours"; expected minutes/);
  });
});

describe('arrays', () => {
  it('are as few as MaxArraySize allows: one for a thousand tasks, two for two thousand', () => {
    const tasks = (count: number) => Array.from({ length: count }, (_, i) => i);
    expect(blocksOf(tasks(1000), 1001)).toHaveLength(1);
    expect(blocksOf(tasks(2000), 1001).map(({ first, tasks: own }) => [first, own.length])).toEqual([
      [0, 1001],
      [1001, 999],
    ]);
    for (const { first, tasks: own } of blocksOf(tasks(2000), 1001))
      for (const task of own) expect(task - first).toBeLessThan(1001);
  });

  it('of a retry keep the places of their tasks', () => {
    expect(blocksOf([3, 4, 5, 1700], 1001)).toEqual([
      { first: 0, tasks: [3, 4, 5] },
      { first: 1001, tasks: [1700] },
    ]);
    expect(rangesOf([3, 4, 5, 9, 11, 12])).toBe('3-5,9,11-12');
  });
});
