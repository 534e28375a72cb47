import { spawnSync } from 'node:child_process';
import { KitError } from '../kit-error.js';

/** @throws KitError `invalid-argument` where the command is not here or refused; its own words are in the message */
export function slurm(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    // Long lists of array indices are shortened otherwise.
    env: { ...process.env, SLURM_BITSTR_LEN: '0' },
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw new KitError(
      'invalid-argument',
      `There is no ${command} here. Run this where the cluster's jobs are submitted (a login node); --on local needs no cluster, and --dry-run only prints the script.`,
    );
  }
  if (error !== undefined) throw error;
  if (status !== 0) {
    const said = stderr.trim() || stdout.trim() || `exit code ${status}`;
    throw new KitError('invalid-argument', `Slurm refused ${command}: ${said}`);
  }
  return stdout;
}

/** Slurm's own MaxArraySize, where a cluster sets none. */
export const USUAL_ARRAY_SIZE = 1001;

/** Array indices of this cluster are smaller than this. */
export function maxArraySize(): number {
  const [, size] = /^MaxArraySize\s*=\s*(\d+)/m.exec(slurm('scontrol', ['show', 'config'])) ?? [];
  return Number(size ?? USUAL_ARRAY_SIZE);
}

/** @returns the job's number */
export function submitScript(path: string): string {
  // "123", or "123;cluster" where there are several.
  return slurm('sbatch', ['--parsable', path]).trim().split('\n').at(-1)?.split(';')[0] as string;
}
