import { hostname } from 'node:os';
import { type ClaimHolder, Claims } from '../files/claim.js';
import { claimsFolder } from '../sweeps/claimed-runs.js';
import { withoutRecord } from '../sweeps/run-task.js';
import { slurm } from '../sweeps/slurm-commands.js';
import { jobName } from '../sweeps/slurm-script.js';
import { jobsOfSlurm, readSubmissions } from '../sweeps/submissions.js';
import { openSweep } from '../sweeps/sweep-plan.js';
import { placeOf } from '../sweeps/sweep-status.js';

/** `kit sweep cancel`: takes its jobs out of Slurm and ends its processes here; records and checkpoints stay. */
export async function sweepCancelCommand(
  name: string | undefined,
  { results }: { readonly results: string },
): Promise<void> {
  const sweep = openSweep(results, name);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const onSlurm = jobsOfSlurm(readSubmissions(sweep)).length > 0;
  if (onSlurm) {
    for (const job of [jobName(sweep), `${jobName(sweep)}-collect`]) slurm('scancel', [`--name=${job}`]);
    print(`${sweep.name}: its jobs are cancelled.`);
  }
  const claims = new Claims(claimsFolder(results));
  const holders = new Map<string, ClaimHolder>();
  for (const { id } of withoutRecord(sweep, sweep.planned)) {
    const holder = claims.holder(id);
    if (holder !== null) holders.set(placeOf(holder), holder);
  }
  for (const [place, { host, pid }] of holders) {
    if (host !== hostname()) {
      if (!onSlurm) print(`${place} is at it too: end it there (kill ${pid}).`);
    } else if (endProcess(pid)) print(`Process ${pid} ends after the step it is at.`);
  }
  if (!onSlurm && holders.size === 0) print(`Nobody is at ${sweep.name}.`);
  print('What is done stays; kit sweep retry goes on from there.');
}

function endProcess(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGTERM');
  } catch {
    return false;
  }
}
