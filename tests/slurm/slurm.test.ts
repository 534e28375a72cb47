import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runKit } from '../cli/run-kit.js';
import { decidedRecords } from '../decided-records.js';
import { temporaryFolder } from '../picture-folder.js';

/**
 * A real Slurm of one node with two slots, that `start-slurm.sh` sets up: it says what it needs. Asked for by
 * `KIT_TEST_SLURM=1`, since it takes minutes; in CI it runs wherever Slurm is installed.
 */
const lacking = whyNot();

function whyNot(): string | null {
  if (process.env.KIT_TEST_SLURM !== '1' && process.env.CI === undefined)
    return 'KIT_TEST_SLURM=1 asks for it';
  if (process.getuid?.() !== 0) return 'it needs root';
  const path = `${process.env.PATH}:/usr/sbin`;
  const missing = ['munged', 'slurmctld', 'slurmd', 'slurmdbd', 'sbatch', 'sacct', 'mariadbd'].filter(
    (command) =>
      spawnSync('sh', ['-c', `command -v ${command}`], { env: { ...process.env, PATH: path } }).status !== 0,
  );
  return missing.length > 0 ? `${missing.join(', ')} not installed (see tests/slurm/start-slurm.sh)` : null;
}

const MINUTE = 60_000;
const cluster = temporaryFolder();
const environment = { SLURM_CONF: join(cluster, 'slurm.conf'), KIT_BACKEND: 'wasm' };
const experiment = resolve('tests/slurm/emoji-short.json');
const [here, there] = [0, 1].map(() => join(temporaryFolder(), 'results'));

function command(name: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(name, args, {
    encoding: 'utf8',
    env: { ...process.env, ...environment, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const kit = (results: string, ...args: string[]) =>
  runKit(['sweep', ...args, '--results', results], environment);

/** What a call prints that says nothing on stderr. */
function printed(results: string, ...args: string[]): string {
  const { stdout, stderr } = kit(results, ...args);
  expect(stderr).toBe('');
  return stdout;
}

const sweepFolder = () => join(there, 'sweeps', readdirSync(join(there, 'sweeps'))[0]);

/** `<job>_<index>` and state of what is in the queue, of the sweep's tasks alone. */
function queue(): Map<string, string> {
  const rows = command('squeue', '-h', '-r', '-o', '%i|%T').trim().split('\n');
  return new Map(rows.map((row) => row.split('|') as [string, string]).filter(([id]) => id.includes('_')));
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const since = Date.now(); !condition(); await wait(500))
    if (Date.now() - since > 15 * MINUTE)
      throw new Error(`Waited in vain until ${what}.\n${kit(there, 'status').stdout}`);
}

/** How often a task's log says that it started, and how much of its last start is through. */
function startOf(job: string): { readonly starts: number; readonly trained: boolean } {
  const path = join(sweepFolder(), 'logs', `${job}.log`);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const parts = text.split(/^Task \d+ as /m).slice(1);
  return { starts: parts.length, trained: /Done: |[1-9]\d*% · /.test(parts.at(-1) ?? '') };
}

/** Each task at work, past its first steps in this start. */
async function atWork(jobs: readonly string[]): Promise<void> {
  await until('the tasks train', () =>
    jobs.every((job) => queue().get(job) === 'RUNNING' && startOf(job).trained),
  );
}

/** Processes of the cluster's tasks. */
function processes(pattern: RegExp): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const inCluster = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(environment.SLURM_CONF);
        return inCluster && pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        return false;
      }
    })
    .map(Number);
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

/** What a run's numbers are: not the machine, and not how long it took. */
const records = (results: string) =>
  decidedRecords(results, 'emoji-short-cluster').map((record) => JSON.stringify(record));

describe.skipIf(lacking !== null)('kit sweep on a real Slurm', { timeout: 90 * MINUTE }, () => {
  let jobs: string[] = [];
  const node = () => command('sinfo', '-h', '-o', '%N', '-p', 'normal').trim();

  beforeAll(() => {
    console.log(command(resolve('tests/slurm/start-slurm.sh'), cluster).trim());
    for (const results of [here, there]) {
      const { status, stderr } = kit(
        results,
        'plan',
        experiment,
        '--only',
        'angular,n-pair',
        '--seconds',
        '300',
      );
      expect(stderr).toBe('');
      expect(status).toBe(0);
    }
    expect(kit(here, 'submit').status).toBe(0);
  }, 60 * MINUTE);

  afterAll(() => {
    spawnSync('scancel', ['-u', 'root'], { env: { ...process.env, ...environment } });
    command(resolve('tests/slurm/stop-slurm.sh'), cluster);
  });

  it('hands over an array of two tasks and a job that collects; a second submit adds nothing', async () => {
    const { status, stdout, stderr } = kit(
      there,
      'submit',
      '--on',
      'slurm',
      '--time',
      '30',
      '--mem',
      '1000M',
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const [, job] = /^Job (\d+): 2 tasks, 0 to 1\./.exec(stdout) ?? [];
    jobs = [`${job}_0`, `${job}_1`];
    expect(kit(there, 'submit', '--on', 'slurm').stdout).toMatch(/Nothing to submit: .*as job/);
    await atWork(jobs);
    expect(kit(there, 'status').stdout).toMatch(/2 tasks: 2 running/);
  });

  it('saves what a preempted task did, and Slurm starts it again', async () => {
    const urgent = command(
      'sbatch',
      '--parsable',
      '-p',
      'urgent',
      '-n',
      '2',
      '--mem=100M',
      '-o',
      '/dev/null',
      '--wrap',
      'sleep 40',
    ).trim();
    await until(
      'the tasks are preempted',
      () => queue().get(jobs[0]) === 'PENDING' && queue().get(jobs[1]) === 'PENDING',
    );
    for (const job of jobs)
      expect(readFileSync(join(sweepFolder(), 'logs', `${job}.log`), 'utf8')).toMatch(
        /Stopped \(SIGTERM\); what was done is saved/,
      );
    expect(kit(there, 'status').stdout).toMatch(/2 tasks: 2 waiting/);
    await until(
      'the urgent job ends',
      () => !command('squeue', '-h', '-o', '%i').split('\n').includes(urgent),
    );
    await atWork(jobs);
    expect(startOf(jobs[0]).starts).toBe(2);
  });

  it('saves what a task did before its time limit, and starts it again', async () => {
    const [task] = jobs;
    const { starts } = startOf(task);
    const [elapsed] = command('squeue', '-h', '-r', '-j', task, '-o', '%M').trim().split(':');
    command('scontrol', 'update', `JobId=${task}`, `TimeLimit=${Number(elapsed) + 2}`);
    await until('the task is requeued', () => queue().get(task) === 'PENDING');
    command('scontrol', 'update', `JobId=${task}`, 'TimeLimit=30');
    expect(readFileSync(join(sweepFolder(), 'logs', `${task}.log`), 'utf8')).toMatch(
      /Stopped \(SIGUSR1\); what was done is saved/,
    );
    await until('it starts again', () => startOf(task).starts === starts + 1);
    expect(queue().get(jobs[1])).toBe('RUNNING');
    await atWork(jobs);
  });

  it('goes on after the node was killed with -9 and all that ran on it, was drained and resumed', async () => {
    const starts = jobs.map((job) => startOf(job).starts);
    const name = node();
    kill(processes(/slurmd |slurmstepd|sweep run|run-worker/));
    kill(
      [Number(readFileSync(join(cluster, 'pid', 'slurmd'), 'utf8'))].filter((pid) =>
        existsSync(`/proc/${pid}`),
      ),
    );
    await until('the tasks are requeued', () => jobs.every((job) => queue().get(job) === 'PENDING'));
    command('scontrol', 'update', `NodeName=${name}`, 'State=DRAIN', 'Reason=test');
    command('slurmd', '-N', name);
    await until('the node is drained', () =>
      /drained/.test(command('sinfo', '-h', '-o', '%T', '-p', 'normal')),
    );
    expect(kit(there, 'status').stdout).toMatch(/2 tasks: 2 waiting/);
    command('scontrol', 'update', `NodeName=${name}`, 'State=RESUME');
    await until('they start again', () => jobs.every((job, i) => startOf(job).starts === starts[i] + 1));
    expect(command('sacct', '-D', '-X', '-n', '-P', '-j', jobs[0], '-o', 'State')).toMatch(/NODE_FAIL/);
  });

  it('tells of a worker that was killed with -9, with the end of its log; the other runs go on, and retry finishes', async () => {
    await until('a worker runs', () => processes(/run-worker/).length === 2);
    kill(processes(/run-worker/).slice(0, 1));
    await until('the array ends', () => queue().size === 0);
    await until('accounting knows it', () => /1 failed/.test(kit(there, 'status').stdout));
    const { stdout } = kit(there, 'status');
    expect(stdout).toMatch(/task \d: failed \(FAILED, exit code 1:0\), 1 of 2 runs without a record, try 1/);
    expect(stdout).toMatch(/The worker process ended \(SIGKILL\)/);
    expect(stdout).toMatch(/\.log:\n.*1 failed, 1 of 2 runs are without a record/s);

    expect(printed(there, 'retry')).toMatch(/Job \d+: 1 tasks/);
    await until('the retry runs', () => [...queue().values()].includes('RUNNING'));
    expect(printed(there, 'cancel')).toMatch(/its jobs are cancelled/);
    await until('it is cancelled', () => queue().size === 0);
    await until('accounting knows it', () => /1 cancelled|2 done/.test(kit(there, 'status').stdout));
    const again = printed(there, 'retry');
    expect(again).toMatch(/Job \d+: 1 tasks|Nothing to retry/);
  });

  it('ends with the records of the pool of one machine, byte for byte, and with the page', async () => {
    const { stdout, status } = kit(there, 'status', '--watch');
    expect(stdout).toMatch(/4 of 4 runs have their record\. 2 tasks: 2 done/);
    expect(status).toBe(0);
    await until('the page is written', () => existsSync(join(there, 'index.html')));
    expect(records(there)).toEqual(records(here));
    expect(readdirSync(join(there, 'claims'))).toEqual([]);
    expect(readdirSync(join(there, 'checkpoints', 'emoji-short-cluster'))).toEqual([]);
  });
});

it.runIf(lacking !== null)(`kit sweep on a real Slurm is left out: ${lacking}`, () => {});
