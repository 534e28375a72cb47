import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  parseSacct,
  parseSqueue,
  SACCT_ARGUMENTS,
  SQUEUE_ARGUMENTS,
} from '../../src/sweeps/slurm-accounting.js';

const recorded = join(__dirname, 'recorded');
const read = (version: string, name: string) => readFileSync(join(recorded, version, name), 'utf8');
const stateOf = (tasks: ReturnType<typeof parseSacct>) =>
  Object.fromEntries(tasks.map(({ job, index, state }) => [index === null ? job : `${job}_${index}`, state]));

describe('what sacct and squeue print', () => {
  const versions = readdirSync(recorded).filter((name) => /^\d/.test(name));

  it('was recorded of three versions', () => {
    expect(versions).toEqual(['20.11.4', '22.05.8', '24.11.5']);
  });

  it('was asked for as the kit asks', () => {
    const script = read('.', 'record.sh');
    const words = (args: readonly string[]) => args.map((word) => (word.includes('|') ? `'${word}'` : word));
    expect(script).toContain(`squeue ${words(SQUEUE_ARGUMENTS).join(' ')} --name=`);
    expect(script).toContain(`sacct ${SACCT_ARGUMENTS.join(' ')} -j `);
  });

  it.each(versions)('of Slurm %s is read to the last line', (version) => {
    const tasks = Array.from({ length: 25 }, (_, index) => index);
    const held = [0, 3, 4, 5, 12, 90, 91, 92];
    const indicesOf = (parsed: ReturnType<typeof parseSacct>) => {
      const jobs = [...new Set(parsed.map(({ job }) => job))].sort((a, b) => Number(a) - Number(b));
      return jobs.map((job) =>
        parsed.flatMap((task) => (task.job === job ? (task.index ?? []) : [])).sort((a, b) => a - b),
      );
    };
    for (const name of ['sacct.txt', 'sacct-ended.txt'])
      expect(indicesOf(parseSacct(read(version, name))), name).toEqual([tasks, held]);
    const queue = parseSqueue(read(version, 'squeue.txt'));
    expect(indicesOf(queue)).toEqual([[8, 9, 10, 11, 14, ...tasks.slice(16)], held]);
    for (const { state } of queue) expect(state).toMatch(/^[A-Z_]+$/);
    expect(queue.find(({ index }) => index === 8)?.seconds).toBeGreaterThan(60);
  });

  it('of tasks that wait together is one row a task', () => {
    expect(stateOf(parseSacct('12_[0-2,7,20-24:2%4]|PENDING|0:0|0|None assigned\n'))).toEqual({
      '12_0': 'PENDING',
      '12_1': 'PENDING',
      '12_2': 'PENDING',
      '12_7': 'PENDING',
      '12_20': 'PENDING',
      '12_22': 'PENDING',
      '12_24': 'PENDING',
    });
  });

  it('loses who cancelled, and the sign of a word that was cut off', () => {
    expect(stateOf(parseSacct('7_1|CANCELLED by 1000|0:15|12|n1\n8|OUT_OF_ME+|0:125|3|n1\n'))).toEqual({
      '7_1': 'CANCELLED',
      '8': 'OUT_OF_ME',
    });
  });

  it('of steps, of warnings and of nothing is left out', () => {
    const text = 'sacct: warning: something\n7_1.batch|FAILED|1:0|2|n1\n7_1.extern|COMPLETED|0:0|2|n1\n\n';
    expect(parseSacct(text)).toEqual([]);
    expect(parseSqueue('slurm_load_jobs error: Invalid job id specified\n')).toEqual([]);
  });

  it('says of a running task since when and where, of a waiting one why', () => {
    expect(parseSqueue('9_3|RUNNING|None|1-02:03:04|n[1-2]\n9_4|PENDING|Priority|0:00|\n')).toEqual([
      { job: '9', index: 3, state: 'RUNNING', seconds: 93_784, node: 'n[1-2]' },
      { job: '9', index: 4, state: 'PENDING', reason: 'Priority', seconds: 0 },
    ]);
  });
});
