import { join } from 'node:path';
import { experimentPath, readExperiment } from '../experiments/experiment-file.js';
import { runId } from '../experiments/run-spec.js';
import { PATIENCE_WITH_MACHINES, withLock } from '../files/file-lock.js';
import { makeFolder } from '../files/make-folder.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { withoutRecord } from './run-task.js';
import { maxArraySize, submitScript, USUAL_ARRAY_SIZE } from './slurm-commands.js';
import { readSlurmOptions, usualResources } from './slurm-options.js';
import { type ArrayBlock, arrayScript, blocksOf, collectScript, type ScriptOptions } from './slurm-script.js';
import { readSubmissions, type Submission, writeSubmission } from './submissions.js';
import type { Sweep } from './sweep-plan.js';
import { packedInTasks } from './task-packing.js';

/**
 * The manifest holds what will run; a reader of the experiment file must not think that it is something else.
 *
 * @throws KitError `invalid-spec` that counts the runs which are new and which are gone
 */
export function requireExperimentUnchanged({ name, source, ids }: Sweep): void {
  const { experiment, ...choice } = source;
  let now: string[];
  try {
    now = readExperiment(experimentPath(experiment), choice).specs.map(runId);
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    throw new KitError(
      'invalid-spec',
      `${name} was planned from ${experiment}, which cannot be laid out any more: ${error.message}`,
    );
  }
  const [before, after] = [new Set(ids), new Set(now)];
  const gone = ids.filter((id) => !after.has(id)).length;
  const added = now.filter((id) => !before.has(id)).length;
  if (gone + added === 0) return;
  throw new KitError(
    'invalid-spec',
    `${experiment} was changed since ${name} was planned: ${gone} of its ${ids.length} runs are no longer in it, ${added} are new. Plan again (kit sweep plan ${experiment}): that is a sweep of its own, and runs that stayed the same keep their records. Or put the file back.`,
  );
}

/** Tasks with a run that has no record, of those that were submitted to nobody yet. */
export function unsubmittedTasks(sweep: Sweep): number[] {
  const open = new Set(withoutRecord(sweep, sweep.planned).map(({ id }) => id));
  const submitted = submittedTasks(sweep);
  return packedInTasks(sweep.planned, sweep.tasks)
    .map((runs, task) => ({ runs, task }))
    .filter(({ runs, task }) => runs.some(({ id }) => open.has(id)) && !submitted.has(task))
    .map(({ task }) => task);
}

const submittedTasks = (sweep: Sweep) => new Set(readSubmissions(sweep).flatMap(({ tasks }) => tasks));

/** Writes down that this machine does all tasks. */
export function submittedHere(sweep: Sweep, kind: Submission['kind']): Promise<void> {
  const tasks = Array.from({ length: sweep.tasks }, (_, task) => task);
  return alone(sweep, async () => {
    writeSubmission(sweep, { kind, on: 'local', tasks });
  });
}

type Asked = NonNullable<Submission['asked']>;

export interface SubmitOptions {
  readonly kind: Submission['kind'];
  /** In the call; a retry asks besides for what was asked for before. */
  readonly asked: Asked;
}

/** The scripts that `submitScripts` would hand over, the collecting one last; also where there is no Slurm. */
export function scriptsOf(sweep: Sweep, tasks: readonly number[], given: SubmitOptions): string[] {
  const options = resolved(sweep, askedFor(sweep, given));
  const arrays = arraysOf(sweep, tasks, options, sizeOrUsual);
  return [...arrays.map(({ script }) => script), collectScript(sweep, ['<the jobs above>'], options)];
}

/**
 * One `sbatch --array` for as many tasks as an array of the cluster holds, and one job after them that collects.
 *
 * @returns numbers of the jobs; null where another process submitted some of the tasks meanwhile
 * @throws KitError `invalid-argument` where Slurm refuses; what it took before stays written down
 */
export async function submitScripts(
  sweep: Sweep,
  tasks: readonly number[],
  given: SubmitOptions & { onArray?(job: string, tasks: readonly number[]): void },
): Promise<{ readonly arrays: readonly string[]; readonly collects: string } | null> {
  const { kind, onArray } = given;
  const asked = askedFor(sweep, given);
  const options = resolved(sweep, asked);
  const arrays = arraysOf(sweep, tasks, options, maxArraySize);
  return alone(sweep, async () => {
    const taken = submittedTasks(sweep);
    if (kind === 'submit' && tasks.some((task) => taken.has(task))) return null;
    makeFolder(join(sweep.folder, 'logs'));
    const jobs: string[] = [];
    for (const { block, script } of arrays) {
      const path = scriptPath(sweep, `${kind}-${block.first}`);
      writeFileWhole(path, script);
      const job = submitScript(path);
      writeSubmission(sweep, { kind, on: 'slurm', job, first: block.first, tasks: block.tasks, asked });
      jobs.push(job);
      onArray?.(job, block.tasks);
    }
    const path = scriptPath(sweep, 'collect');
    writeFileWhole(path, collectScript(sweep, jobs, options));
    return { arrays: jobs, collects: submitScript(path) };
  });
}

/** Over what was asked for before, since a cluster that needed it then needs it again. */
function askedFor(sweep: Sweep, { kind, asked }: SubmitOptions): Asked {
  const last =
    kind === 'retry' ? readSubmissions(sweep).findLast((one) => one.asked !== undefined) : undefined;
  const now = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return { ...last?.asked, ...now };
}

function resolved(sweep: Sweep, { options: path, ...asked }: Asked): ScriptOptions {
  const options = readSlurmOptions(asked, path);
  return { ...usualResources(packedInTasks(sweep.planned, sweep.tasks), options.cpus), ...options };
}

function arraysOf(
  sweep: Sweep,
  tasks: readonly number[],
  options: ScriptOptions,
  clusterSize: () => number,
): { readonly block: ArrayBlock; readonly script: string }[] {
  const blocks = blocksOf(tasks, options.arrayLimit ?? clusterSize());
  return blocks.map((block, i) => ({
    block,
    script: arrayScript(sweep, block, {
      options,
      maxParallel: shareOf(options.maxParallel, blocks.length, i),
    }),
  }));
}

/** Slurm limits what runs of one array; of several, each gets its part. */
function shareOf(maxParallel: number | undefined, arrays: number, i: number): number | undefined {
  if (maxParallel === undefined) return undefined;
  return Math.max(1, Math.floor(maxParallel / arrays) + (i < maxParallel % arrays ? 1 : 0));
}

function sizeOrUsual(): number {
  try {
    return maxArraySize();
  } catch {
    return USUAL_ARRAY_SIZE;
  }
}

function scriptPath(sweep: Sweep, name: string): string {
  const number = readSubmissions(sweep).length + 1;
  return join(sweep.folder, 'scripts', `${String(number).padStart(4, '0')}-${name}.sh`);
}

/** Two who submit at the same time must see each other's jobs. */
function alone<T>(sweep: Sweep, work: () => Promise<T>): Promise<T> {
  const path = join(sweep.folder, 'claims', 'submit');
  return withLock(path, work, { patience: PATIENCE_WITH_MACHINES, doing: `is submitting ${sweep.name}` });
}
