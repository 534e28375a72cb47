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

function recordedView(version: string, isQueueEmpty = false) {
  const read = (name: string) => readFileSync(join(recorded, version, `${name}.txt`), 'utf8');
  return {
    queue: isQueueEmpty ? [] : parseSqueue(read('squeue')),
    accounting: parseSacct(read('sacct')),
    gaps: [],
  };
}

interface Recorded {
  readonly version: string;
  readonly job: string;
  /** Of each task, in order. */
  readonly states: readonly TaskState[];
  readonly retried: readonly number[];
  readonly done?: number;
  /** After everything left the queue. */
  readonly isQueueEmpty?: boolean;
}

const CASES: readonly Recorded[] = [
  {
    version: '20.11',
    job: '4711',
    done: 2,
    states: [
      ...(['done', 'done', 'failed', 'timed out', 'cancelled', 'failed', 'failed', 'failed'] as const),
      ...(['running', 'running', 'running', 'running', 'waiting', 'waiting', 'missing'] as const),
    ],
    retried: [2, 3, 4, 5, 6, 7, 14],
  },
  { version: '22.05.8', job: '5', states: ['timed out'], retried: [0] },
  { version: '22.05.8', job: '8', states: ['waiting', 'waiting'], retried: [] },
  { version: '22.05.8', job: '15', states: ['cancelled', 'running'], retried: [0] },
  // Written as complete, though its record is not there: its results went away.
  { version: '22.05.8', job: '1', isQueueEmpty: true, states: ['failed', 'missing'], retried: [0, 1] },
  {
    version: '24.05',
    job: '90210',
    done: 1,
    states: [
      ...(['done', 'failed', 'cancelled', 'timed out', 'failed', 'failed', 'running', 'running'] as const),
      ...(['waiting', 'waiting', 'waiting', 'missing', 'waiting'] as const),
    ],
    retried: [1, 2, 3, 4, 5, 11],
  },
];

describe('the status of a sweep', () => {
  it('is tried with every version of Slurm of which there is something', () => {
    const versions = readdirSync(recorded).filter((name) => /^\d/.test(name));
    expect([...new Set(CASES.map(({ version }) => version))]).toEqual(versions);
  });

  it.each(CASES)(
    'is what Slurm $version says of each task of job $job, and retry takes those that nobody has',
    ({ version, job, states, retried, done, isQueueEmpty }) => {
      const view = recordedView(version, isQueueEmpty);
      const statuses = taskStatuses(submitted(job, states.length, { done }), view);
      expect(statuses.map(({ state }) => state)).toEqual(states);
      expect(toRetry(statuses).again.map(({ task }) => task)).toEqual(retried);
    },
  );

  it.each(CASES)(
    'of job $job of Slurm $version leaves to people what was submitted four times',
    ({ version, job, states, retried, done, isQueueEmpty }) => {
      const sweep = submitted(job, states.length, { done, times: 4 });
      const { again, givenUp } = toRetry(taskStatuses(sweep, recordedView(version, isQueueEmpty)));
      expect(again).toEqual([]);
      expect(givenUp.map(({ task }) => task)).toEqual(retried);
    },
  );
});
