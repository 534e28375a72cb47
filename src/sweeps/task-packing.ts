import { KitError } from '../kit-error.js';
import type { PlannedRun } from './sweep-plan.js';

/** So many tasks that each lasts about so many seconds: clusters refuse or throttle thousands of jobs of seconds. */
export function tasksFor(runs: readonly Pick<PlannedRun, 'seconds'>[], secondsATask: number): number {
  const total = runs.reduce((sum, { seconds }) => sum + seconds, 0);
  return Math.max(1, Math.min(runs.length, Math.round(total / secondsATask)));
}

/**
 * The runs of the `index`-th of `count` tasks: neighbours in the manifest, all tasks about equally long. Every run is in
 * one task; a task between long runs may be empty.
 *
 * @throws KitError `invalid-argument` where there is no such task
 */
export function runsOfTask<Run extends Pick<PlannedRun, 'seconds'>>(
  runs: readonly Run[],
  { index, count }: { readonly index: number; readonly count: number },
): Run[] {
  if (index >= count)
    throw new KitError(
      'invalid-argument',
      `There is no task ${index}: of ${count}, counted from 0, the last is ${count - 1}.`,
    );
  return packedInTasks(runs, count)[index];
}

/** As `runsOfTask`, all of them. */
export function packedInTasks<Run extends Pick<PlannedRun, 'seconds'>>(
  runs: readonly Run[],
  count: number,
): Run[][] {
  const total = runs.reduce((sum, { seconds }) => sum + seconds, 0) || 1;
  const tasks = Array.from({ length: count }, (): Run[] => []);
  let before = 0;
  for (const run of runs) {
    const middle = before + run.seconds / 2;
    tasks[Math.min(count - 1, Math.floor((middle / total) * count))].push(run);
    before += run.seconds;
  }
  return tasks;
}
