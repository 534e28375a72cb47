import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSacct, parseSqueue } from '../../src/sweeps/slurm-accounting.js';

const recorded = join(__dirname, 'recorded');
const read = (version: string, name: string) => readFileSync(join(recorded, version, name), 'utf8');
const stateOf = (tasks: ReturnType<typeof parseSacct>) =>
  Object.fromEntries(tasks.map(({ job, index, state }) => [index === null ? job : `${job}_${index}`, state]));

describe('what sacct and squeue print', () => {
  const versions = readdirSync(recorded).filter((name) => /^\d/.test(name));

  it('is there of three versions', () => {
    expect(versions.map((name) => name.split(' ')[0])).toEqual(['20.11', '22.05.8', '24.05']);
  });

  it.each(versions)('of Slurm %s is read to the last line', (version) => {
    for (const [name, parse] of [
      ['sacct.txt', parseSacct],
      ['squeue.txt', parseSqueue],
    ] as const) {
      const text = read(version, name);
      const rows = text.split('\n').filter((line) => line.trim() !== '');
      const jobs = new Set(parse(text).map(({ job, index }) => `${job}_${index}`));
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        const [, job] = /^(\d+)/.exec(row) as RegExpExecArray;
        expect(
          [...jobs].some((one) => one.startsWith(`${job}_`)),
          row,
        ).toBe(true);
      }
      for (const { state } of parse(text)) expect(state).toMatch(/^[A-Z_]+$/);
    }
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
