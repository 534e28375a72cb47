import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileWhole } from '../files/write-file-whole.js';
import type { SlurmOptions } from './slurm-options.js';
import type { Sweep } from './sweep-plan.js';

/** Tasks that were handed over in one go; such files are added, never changed. */
export interface Submission {
  readonly number: number;
  readonly kind: 'submit' | 'retry';
  readonly on: 'local' | 'slurm';
  readonly at: string;
  readonly tasks: readonly number[];
  /** Of Slurm: an array's number, and the task of its index 0. */
  readonly job?: string;
  readonly first?: number;
  /** Of Slurm: what was asked for in the call. */
  readonly asked?: SlurmOptions & { readonly options?: string };
}

export type JobOfSlurm = Submission & { readonly on: 'slurm'; readonly job: string; readonly first: number };

function folderOf({ folder }: Pick<Sweep, 'folder'>): string {
  return join(folder, 'submissions');
}

export function writeSubmission(sweep: Sweep, submission: Omit<Submission, 'number' | 'at'>): Submission {
  const number = readSubmissions(sweep).length + 1;
  const whole = { number, at: new Date().toISOString(), ...submission };
  writeFileWhole(
    join(folderOf(sweep), `${String(number).padStart(4, '0')}.json`),
    `${JSON.stringify(whole)}\n`,
  );
  return whole;
}

/** In the order in which they were made. */
export function readSubmissions(sweep: Pick<Sweep, 'folder'>): Submission[] {
  const folder = folderOf(sweep);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => /^\d+\.json$/.test(file))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Submission);
}

export function jobsOfSlurm(submissions: readonly Submission[]): JobOfSlurm[] {
  return submissions.filter((submission): submission is JobOfSlurm => submission.job !== undefined);
}
