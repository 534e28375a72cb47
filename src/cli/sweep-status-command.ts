import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openSweep, type Sweep } from '../sweeps/sweep-plan.js';
import {
  askSlurm,
  isInHand,
  MOST_RETRIES,
  secondsLeft,
  type TaskState,
  type TaskStatus,
  taskStatuses,
  toRetry,
} from '../sweeps/sweep-status.js';
import { duration } from './progress.js';
import { resultsOption } from './sweep-plan-command.js';

const STATES: readonly TaskState[] = [
  'done',
  'running',
  'waiting',
  'failed',
  'timed out',
  'cancelled',
  'missing',
  'planned',
];
/** In full; of more there is a number. */
const MOST_LINES = 10;
const TAIL_LINES = 5;
const WATCH_MS = 15_000;

/** `kit sweep status`: how far a sweep is; with `watch`, again and again until nobody is at it. */
export async function sweepStatusCommand(
  name: string | undefined,
  { watch, results }: { readonly watch?: boolean; readonly results: string },
): Promise<void> {
  const sweep = openSweep(results, name);
  for (;;) {
    const view = askSlurm(sweep);
    const statuses = taskStatuses(sweep, view);
    const lines = [...statusLines(sweep, statuses), ...view.gaps.map((gap) => `Not known: ${gap}`)];
    if (watch && process.stdout.isTTY) process.stdout.write('\x1b[2J\x1b[H');
    process.stdout.write(`${lines.join('\n')}\n`);
    if (!watch) return;
    if (!statuses.some(isInHand)) {
      if (statuses.some(({ state }) => state !== 'done')) process.exitCode = 1;
      return;
    }
    await setTimeout(WATCH_MS);
  }
}

function statusLines(sweep: Sweep, statuses: readonly TaskStatus[]): string[] {
  const left = statuses.reduce((sum, status) => sum + status.left.length, 0);
  const counts = STATES.map(
    (state) => [statuses.filter((status) => status.state === state).length, state] as const,
  )
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`);
  const rest = secondsLeft(statuses);
  const end =
    rest === undefined
      ? ''
      : `; about ${duration(1000 * rest)} to go, until ${clock(Date.now() + 1000 * rest)}`;
  const { again, givenUp } = toRetry(statuses);
  return [
    `${sweep.name}: ${sweep.runs - left} of ${sweep.runs} runs have their record. ${sweep.tasks} tasks: ${counts.join(', ')}${end}.`,
    ...listed(
      statuses.filter(({ state }) => state === 'running'),
      runningLine,
    ),
    ...listed(
      statuses.filter(({ state }) => state === 'waiting'),
      waitingLine,
    ),
    ...[...again, ...givenUp].slice(0, MOST_LINES).flatMap((status) => troubleLines(sweep, status)),
    ...more([...again, ...givenUp].length, 'in trouble'),
    ...(again.length > 0
      ? [`kit sweep retry ${sweep.name}${resultsOption(sweep.results)} submits ${again.length} again.`]
      : []),
    ...(givenUp.length > 0
      ? [`${givenUp.length} were submitted ${MOST_RETRIES + 1} times, and retry leaves them alone.`]
      : []),
  ];
}

function listed(statuses: readonly TaskStatus[], line: (status: TaskStatus) => string): string[] {
  return [...statuses.slice(0, MOST_LINES).map(line), ...more(statuses.length, statuses[0]?.state ?? '')];
}

function more(count: number, what: string): string[] {
  return count > MOST_LINES ? [`  … and ${count - MOST_LINES} more ${what}`] : [];
}

function runningLine({ task, runs, left, detail, seconds }: TaskStatus): string {
  const expected = left.reduce((sum, run) => sum + run.seconds, 0);
  const since = seconds === undefined ? '' : `, ${duration(1000 * seconds)} so far`;
  return `  task ${task}: running ${detail ?? ''}${since}, ${runs.length - left.length} of ${runs.length} runs done, planned ${duration(1000 * expected)} more`;
}

function waitingLine({ task, left, detail }: TaskStatus): string {
  return `  task ${task}: waiting${detail === undefined ? '' : ` (${detail})`}, ${left.length} runs to do`;
}

function troubleLines(
  sweep: Sweep,
  { task, state, left, runs, tries, detail, failures, slurmId }: TaskStatus,
): string[] {
  const why = detail === undefined ? '' : ` (${detail})`;
  const log = slurmId === undefined ? undefined : join(sweep.folder, 'logs', `${slurmId}.log`);
  return [
    `  task ${task}: ${state}${why}, ${left.length} of ${runs.length} runs without a record, try ${tries}`,
    ...failures.slice(0, 3).map(({ message, host }) => `    on ${host}: ${message.split('\n')[0]}`),
    ...(log !== undefined && existsSync(log) ? [`    ${log}:`, ...tailOf(log)] : []),
  ];
}

function tailOf(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.slice(-TAIL_LINES).map((line) => `      ${line}`);
}

function clock(time: number): string {
  const date = new Date(time);
  const day = date.toDateString() === new Date().toDateString() ? '' : `${date.toLocaleDateString('en-CA')} `;
  return `${day}${date.toTimeString().slice(0, 5)}`;
}
