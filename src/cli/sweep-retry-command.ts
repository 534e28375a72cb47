import { requireSameCommit } from '../sweeps/run-task.js';
import { readSubmissions } from '../sweeps/submissions.js';
import { openSweep } from '../sweeps/sweep-plan.js';
import { askSlurm, isInHand, MOST_RETRIES, taskStatuses, toRetry } from '../sweeps/sweep-status.js';
import { type SweepSubmitOptions, submitHere, submitToSlurm } from './sweep-submit-command.js';

export type SweepRetryOptions = Omit<SweepSubmitOptions, 'on'> & { readonly on?: SweepSubmitOptions['on'] };

/** `kit sweep retry`: what failed or is missing, again, from checkpoints; at most three times each. */
export async function sweepRetryCommand(name: string | undefined, options: SweepRetryOptions): Promise<void> {
  const sweep = openSweep(options.results, name);
  const statuses = taskStatuses(sweep, askSlurm(sweep));
  const { again, givenUp } = toRetry(statuses);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  for (const { task, failures, detail } of givenUp)
    print(
      `Task ${task} was submitted ${MOST_RETRIES + 1} times and is left alone: ${failures[0]?.message ?? detail ?? 'no record, no word of why'}`,
    );
  if (givenUp.length > 0) process.exitCode = 1;
  if (again.length === 0) {
    const inHand = statuses.filter(isInHand).length;
    print(inHand > 0 ? `Nothing to retry: ${inHand} tasks wait or run.` : 'Nothing to retry.');
    return;
  }
  requireSameCommit(sweep);
  const on = options.on ?? readSubmissions(sweep).at(-1)?.on ?? 'local';
  if (on === 'local') await submitHere(sweep, 'retry', options);
  else
    await submitToSlurm(
      sweep,
      again.map(({ task }) => task),
      'retry',
      { ...options, on },
    );
}
