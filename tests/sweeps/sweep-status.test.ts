import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RunSpec, runId } from '../../src/experiments/run-spec.js';
import { parseSacct, parseSqueue } from '../../src/sweeps/slurm-accounting.js';
import type { Sweep } from '../../src/sweeps/sweep-plan.js';
import { type TaskState, taskStatuses, toRetry } from '../../src/sweeps/sweep-status.js';
import { temporaryFolder } from '../picture-folder.js';

const recorded = join(__dirname, 'recorded');

/** A sweep of so many tasks of one run, submitted to Slurm an hour ago as one array; the first `done` have their record. */
function submitted(job: string, tasks: number, { done = 0, times = 1 } = {}): Sweep {
  const results = temporaryFolder();
  const folder = join(results, 'sweeps', 'made-up');
  const planned = Array.from({ length: tasks }, (_, index) => {
    const spec = { experiment: 'made-up', method: 'Triplet', loss: null, model: {}, seed: index } as RunSpec;
    return { index, id: runId(spec), seconds: 600, memory: 1e9, device: 'cpu' as const, spec };
  });
  const runs = join(results, 'runs', 'made-up');
  for (const path of [runs, join(folder, 'submissions')]) mkdirSync(path, { recursive: true });
  for (const { id } of planned.slice(0, done)) writeFileSync(join(runs, `${id}.json`), '{}');
  const at = new Date(Date.now() - 3_600_000).toISOString();
  for (let number = 1; number <= times; number++) {
    const whole = { number, kind: 'submit', on: 'slurm', at, tasks: [...planned.keys()], job, first: 0 };
    writeFileSync(join(folder, 'submissions', `000${number}.json`), JSON.stringify(whole));
  }
  const head = { name: 'made-up', results, folder, planned, tasks, runs: tasks };
  return head as unknown as Sweep;
}

/** The moment while tasks wait and run, or after the rest was cancelled and the queue was empty. */
function recordedView(version: string, moment: 'under way' | 'ended') {
  const read = (name: string) => readFileSync(join(recorded, version, `${name}.txt`), 'utf8');
  const isUnderWay = moment === 'under way';
  return {
    queue: isUnderWay ? parseSqueue(read('squeue')) : [],
    accounting: parseSacct(read(isUnderWay ? 'sacct' : 'sacct-ended')),
    gaps: [],
  };
}

/** Of the 25 tasks of `record.sh`, of which the first has its record. The second is complete without one. */
const UNDER_WAY: readonly TaskState[] = [
  ...(['done', 'missing', 'failed', 'failed', 'cancelled', 'failed', 'failed', 'failed'] as const),
  ...(['running', 'running', 'waiting', 'waiting', 'timed out', 'timed out', 'running', 'failed'] as const),
  ...(['running', 'waiting', 'waiting'] as const),
  ...Array.from({ length: 6 }, () => 'waiting' as const),
];
/** What waited or ran was cancelled; the fifteenth was over but for what its node did after it. */
const ENDED = UNDER_WAY.map((state, task) => {
  if (task === 14) return 'missing';
  return state === 'running' || state === 'waiting' ? 'cancelled' : state;
});

const versions = readdirSync(recorded).filter((name) => /^\d/.test(name));
const CASES = versions.flatMap((version) => [
  { version, moment: 'under way' as const, states: UNDER_WAY },
  { version, moment: 'ended' as const, states: ENDED },
]);
const jobOf = (version: string) =>
  parseSacct(readFileSync(join(recorded, version, 'sacct.txt'), 'utf8'))[0].job;
const open = (states: readonly TaskState[]) =>
  [...states.keys()].filter((task) => !['done', 'running', 'waiting'].includes(states[task]));

describe('the status of a sweep', () => {
  it.each(CASES)(
    '$moment is what Slurm $version says of each task, and retry takes those that nobody has',
    ({ version, moment, states }) => {
      const statuses = taskStatuses(
        submitted(jobOf(version), states.length, { done: 1 }),
        recordedView(version, moment),
      );
      expect(statuses.map(({ state }) => state)).toEqual(states);
      expect(toRetry(statuses).again.map(({ task }) => task)).toEqual(open(states));
    },
  );

  it.each(CASES)(
    '$moment of Slurm $version leaves to people what was submitted four times',
    ({ version, moment, states }) => {
      const sweep = submitted(jobOf(version), states.length, { done: 1, times: 4 });
      const { again, givenUp } = toRetry(taskStatuses(sweep, recordedView(version, moment)));
      expect(again).toEqual([]);
      expect(givenUp.map(({ task }) => task)).toEqual(open(states));
    },
  );

  it.each(versions)('without squeue is what accounting of Slurm %s says', (version) => {
    const view = { ...recordedView(version, 'under way'), queue: null };
    const states = taskStatuses(submitted(jobOf(version), 25, { done: 1 }), view).map(({ state }) => state);
    expect(states).toEqual(UNDER_WAY.with(14, 'missing'));
  });

  it.each(versions)('says how each task of Slurm %s ended', (version) => {
    const statuses = taskStatuses(submitted(jobOf(version), 25), recordedView(version, 'under way'));
    const details = Object.fromEntries(statuses.map(({ task, detail }) => [task, detail]));
    expect(details).toMatchObject({
      1: 'COMPLETED',
      2: 'FAILED, exit code 1:0',
      3: 'FAILED, exit code 75:0',
      4: 'CANCELLED',
      7: 'PREEMPTED',
      8: 'on n001',
      13: 'TIMEOUT',
      14: 'on n005, completing',
      15: 'FAILED, exit code 0:11',
      16: 'on n002, suspended',
      18: 'job requeued in held state',
      24: 'JobArrayTaskLimit',
    });
    expect([details[5], details[12]].join()).toMatch(/^NODE_FAIL.*,DEADLINE/);
  });

  // No recording has these: the words are those of "JOB STATE CODES" in sacct(1) and squeue(1).
  it.each([
    ['OUT_OF_MEMORY|0:125', 'failed'],
    ['BOOT_FAIL|0:0', 'failed'],
    ['REVOKED|0:0', 'cancelled'],
  ])('of a task that accounting calls %s is %s', (columns, state) => {
    const view = { queue: [], accounting: parseSacct(`7_0|${columns}|48|n1\n`), gaps: [] };
    expect(taskStatuses(submitted('7', 1), view)).toMatchObject([{ state }]);
  });

  it.each([
    ['CONFIGURING', 'running'],
    ['STAGE_OUT', 'running'],
    ['REQUEUE_HOLD', 'waiting'],
  ])('of a task that the queue calls %s is %s', (word, state) => {
    const view = { queue: parseSqueue(`7_0|${word}|None|0:12|n1\n`), accounting: [], gaps: [] };
    expect(taskStatuses(submitted('7', 1), view)).toMatchObject([{ state }]);
  });
});
