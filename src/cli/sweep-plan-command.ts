import { commitOf, projectRoot } from '../experiments/environment.js';
import { experimentPath, readExperiment } from '../experiments/experiment-file.js';
import { missingInputs } from '../experiments/missing-inputs.js';
import { runId } from '../experiments/run-spec.js';
import { estimateRuns } from '../sweeps/run-estimates.js';
import { withoutRecord } from '../sweeps/run-task.js';
import { manifestPath, type PlannedRun, writeSweep } from '../sweeps/sweep-plan.js';
import { packedInTasks, tasksFor } from '../sweeps/task-packing.js';
import { duration } from './progress.js';

export interface SweepPlanOptions {
  readonly profile?: string;
  readonly only?: readonly string[];
  readonly seeds?: number;
  /** Of a task; short runs are packed until it lasts so long. */
  readonly taskMinutes: number;
  /** Of a run, instead of timing some steps here. */
  readonly seconds?: number;
  readonly results: string;
}

/** `kit sweep plan`: the manifest of what has no record yet. */
export async function sweepPlanCommand(name: string, options: SweepPlanOptions): Promise<void> {
  const { profile, only, seeds, results } = options;
  const experiment = readExperiment(experimentPath(name), { profile, only, seeds });
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const specs = new Map(experiment.specs.map((spec) => [runId(spec), spec]));
  const unplanned = [...specs].map(([id, spec]) => ({ id, spec }) as PlannedRun);
  const missing = withoutRecord({ results }, unplanned);
  const recorded = specs.size - missing.length;
  print(`${experiment.name}: ${specs.size} runs, ${recorded} have a record and are not in the plan.`);
  if (missing.length === 0) {
    print('Nothing is left to plan.');
    return;
  }
  const planned = await estimateRuns(
    missing.map(({ spec }) => spec),
    options.seconds,
  );
  const tasks = tasksFor(planned, 60 * options.taskMinutes);
  const { sweep, isNew } = writeSweep({
    results,
    experiment,
    source: { experiment: name, profile, only, seeds },
    commit: commitOf(projectRoot),
    tasks,
    planned,
  });
  for (const line of planLines(sweep.planned, sweep.tasks, options.seconds !== undefined)) print(line);
  for (const { message } of missingInputs(missing.map(({ spec }) => spec))) print(`Missing here: ${message}`);
  print(`${isNew ? 'Written' : 'There already, unchanged'}: ${manifestPath(sweep)}`);
  print(
    `Next: kit sweep submit --on local, or --on slurm (--dry-run shows the script)${resultsOption(results)}`,
  );
}

/** For the commands that are printed. */
export function resultsOption(results: string): string {
  return results === 'results' ? '' : ` --results ${results}`;
}

function planLines(planned: readonly PlannedRun[], tasks: number, given: boolean): string[] {
  const seconds = planned.reduce((sum, run) => sum + run.seconds, 0);
  const packed = packedInTasks(planned, tasks);
  const sizes = packed.map((runs) => runs.length);
  const longest = Math.max(...packed.map((runs) => runs.reduce((sum, run) => sum + run.seconds, 0)));
  const [fewest, most] = [Math.min(...sizes), Math.max(...sizes)];
  const each = fewest === most ? `${most}` : `${fewest} to ${most}`;
  const memory = (Math.max(...planned.map((run) => run.memory)) / 1e9).toFixed(1);
  const where = given
    ? 'as was said'
    : `on one ${planned[0].device === 'gpu' ? 'GPU' : 'core'}, as timed here`;
  return [
    `${planned.length} runs, ${hours(seconds)}, ${where}.`,
    `${tasks} tasks of ${each} runs, the longest about ${duration(1000 * longest)}; ${given ? 'at most' : 'about'} ${memory} GB of memory a run.`,
  ];
}

function hours(seconds: number): string {
  return `${Number((seconds / 3600).toPrecision(2))} hours`;
}
