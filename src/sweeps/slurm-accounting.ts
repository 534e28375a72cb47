import { secondsOf } from './slurm-time.js';

/** What Slurm says of one task of an array. */
export interface SlurmTask {
  readonly job: string;
  /** Null of a job that is no array. */
  readonly index: number | null;
  /** One of Slurm's long words, such as PENDING, RUNNING, COMPLETED, FAILED or TIMEOUT. */
  readonly state: string;
  readonly seconds?: number;
  readonly exitCode?: string;
  /** Why it waits. */
  readonly reason?: string;
  readonly node?: string;
}

/** Rows that are no steps of jobs, with `|` between columns: the same in every version since 2018. */
export const SACCT_ARGUMENTS = ['-X', '-n', '-P', '-o', 'JobID,State,ExitCode,ElapsedRaw,NodeList'] as const;

/** One row an array task, also of those that wait. */
export const SQUEUE_ARGUMENTS = ['-h', '-r', '-o', '%i|%T|%r|%M|%N'] as const;

/** Of `sacct` with `SACCT_ARGUMENTS`. Lines of another shape are left out. */
export function parseSacct(text: string): SlurmTask[] {
  return rowsOf(text).flatMap(([id, state, exitCode, elapsed, node]) => {
    if (state === undefined) return [];
    const seconds = Number(elapsed || Number.NaN);
    return idsOf(id).map((task) => ({
      ...task,
      // "CANCELLED by 1000"; a "+" stands where a narrow column cut a word off.
      state: state.split(' ')[0].replace(/\+$/, ''),
      ...(exitCode ? { exitCode } : {}),
      ...(Number.isFinite(seconds) ? { seconds } : {}),
      ...nodeOf(node),
    }));
  });
}

/** Of `squeue` with `SQUEUE_ARGUMENTS`. Lines of another shape are left out. */
export function parseSqueue(text: string): SlurmTask[] {
  return rowsOf(text).flatMap(([id, state, reason, elapsed, node]) => {
    if (state === undefined) return [];
    const seconds = secondsOf(elapsed ?? '');
    return idsOf(id).map((task) => ({
      ...task,
      state,
      ...(reason && reason !== 'None' ? { reason } : {}),
      ...(seconds === undefined ? {} : { seconds }),
      ...nodeOf(node),
    }));
  });
}

function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim().split('|'))
    .filter(([id]) => /^\d+(_(\d+|\[[^\]]*\]))?$/.test(id));
}

const nodeOf = (node: string | undefined) => (node && node !== 'None assigned' ? { node } : {});

/** `12`, `12_3`, and of tasks that wait together `12_[0-3,7%2]`. */
function idsOf(id: string): Pick<SlurmTask, 'job' | 'index'>[] {
  const [job, index] = id.split('_');
  if (index === undefined) return [{ job, index: null }];
  const indices = index
    .replace(/^\[|\]$/g, '')
    .replace(/%\d+$/, '')
    .split(',')
    .flatMap((range) => {
      const [, from, to = from, step = '1'] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(range) ?? [];
      if (from === undefined) return [];
      const count = Math.floor((Number(to) - Number(from)) / Number(step)) + 1;
      return Array.from({ length: count }, (_, i) => Number(from) + i * Number(step));
    });
  return indices.map((one) => ({ job, index: one }));
}
