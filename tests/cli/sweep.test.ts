import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { decidedRecords } from '../decided-records.js';
import { makePictureFolder, smallBase, temporaryFolder } from '../picture-folder.js';
import { kitPath, runKit } from './run-kit.js';

let folder: string;
let experiment: string;
/** Of the pool of one machine, without a break. */
let whole: string;

/** Raw pixels, N-pair & angular, and a loss that fails as long as a file `broken` is there, and marks its steps in another. */
function experimentFile(steps: number, changes: Record<string, unknown> = {}): string {
  const { base, method, loss } = smallBase(folder, { steps, validateEvery: steps });
  const own = temporaryFolder();
  writeFileSync(
    join(own, 'fragile-loss.ts'),
    `import { appendFileSync, existsSync } from 'node:fs';
     export default () => (embeddings: any) => {
       if (existsSync(${JSON.stringify(join(own, 'broken'))})) throw new Error('The file is there.');
       appendFileSync(${JSON.stringify(join(own, 'steps'))}, '.');
       return embeddings.square().mean();
     };`,
  );
  const path = join(own, 'tiny.json');
  const file = {
    name: 'tiny',
    title: 'A tiny experiment',
    base,
    profiles: { quick: { description: `${steps} steps`, seeds: [0, 1], spec: {} } },
    methods: [
      { method: 'Raw pixels', spec: { model: { name: 'raw-pixels' }, loss: null, steps: 0 } },
      { method, spec: { loss } },
      { method: 'Fragile', spec: { loss: { module: join(own, 'fragile-loss.ts') } } },
    ],
    ...changes,
  };
  writeFileSync(path, JSON.stringify(file));
  return path;
}

function newResults(): string {
  return join(temporaryFolder(), 'results');
}

function plan(path: string, results: string, ...more: string[]) {
  return runKit(['sweep', 'plan', path, '--seconds', '300', '--results', results, ...more]);
}

const records = (results: string) => decidedRecords(results, 'tiny-quick');

function sweepFolder(results: string): string {
  const [name] = readdirSync(join(results, 'sweeps'));
  return join(results, 'sweeps', name);
}

/** A task in the background, and what it said. */
function startTask(results: string, index: number, ...more: string[]) {
  const args = ['sweep', 'run', '--index', String(index), '--results', results, ...more];
  const child = spawn(process.execPath, [kitPath, ...args]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return {
    child,
    ended,
    said: () => output,
    until: async (condition: () => boolean) => {
      while (!condition() && child.exitCode === null) await wait(20);
    },
  };
}

beforeAll(async () => {
  folder = await makePictureFolder();
  experiment = experimentFile(200);
  whole = newResults();
  expect(plan(experiment, whole).status).toBe(0);
  const { status, stderr } = runKit(['sweep', 'submit', '--results', whole]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
}, 600_000);

describe('kit sweep', { timeout: 600_000 }, () => {
  it('does a sweep here with the same command as on a cluster, and writes the page', () => {
    expect(records(whole)).toHaveLength(6);
    expect(readFileSync(join(whole, 'index.html'), 'utf8')).toContain('A tiny experiment');
    expect(runKit(['sweep', 'status', '--results', whole]).stdout).toMatch(
      /6 of 6 runs have their record\. 3 tasks: 3 done\./,
    );
    expect(runKit(['sweep', 'submit', '--results', whole]).stdout).toMatch(/Every run|0 without a record/);
    expect(plan(experiment, whole).stdout).toMatch(/6 have a record .*Nothing is left to plan/s);
  });

  it('is another where the experiment has other methods, though the same runs are to do', () => {
    const results = newResults();
    const only = plan(experiment, results, '--only', 'Fragile');
    expect(only.status).toBe(0);
    const [part] = readdirSync(join(results, 'sweeps'));
    const missing = readFileSync(join(results, 'sweeps', part, 'manifest.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    cpSync(join(whole, 'runs'), join(results, 'runs'), { recursive: true });
    for (const id of missing) rmSync(join(results, 'runs', 'tiny-quick', `${id}.json`));
    plan(experiment, results);
    expect(readdirSync(join(results, 'sweeps'))).toHaveLength(2);
  });

  it('plans one line a run, packed in tasks; the same plan twice is one, a changed experiment another', () => {
    const results = newResults();
    const first = plan(experiment, results);
    expect(first.stdout).toMatch(/6 runs, 0\.5 hours.*3 tasks of 2 runs, the longest about 10 min/s);
    const lines = readFileSync(join(sweepFolder(results), 'manifest.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual(
      Array(6).fill(['index', 'id', 'seconds', 'memory', 'device', 'spec']),
    );
    expect(plan(experiment, results).stdout).toMatch(/There already, unchanged/);
    expect(readdirSync(join(results, 'sweeps'))).toHaveLength(1);

    const text = readFileSync(experiment, 'utf8');
    writeFileSync(experiment, text.replace('0.003', '0.004'));
    const { status, stderr } = runKit(['sweep', 'submit', '--results', results]);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /was changed since tiny-quick-\w+ was planned: 6 of its 6 runs are no longer in it, 6 are new\. Plan again/,
    );
    plan(experiment, results);
    expect(readdirSync(join(results, 'sweeps'))).toHaveLength(2);
    writeFileSync(experiment, text);
  });

  it('does each run once when the same task runs twice at once, and both end well', async () => {
    const results = newResults();
    plan(experiment, results);
    const both = [startTask(results, 1), startTask(results, 1)];
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
    const done = both.map(({ said }) => said().match(/^Done: /gm)?.length ?? 0);
    expect(done[0] + done[1]).toBe(2);
    expect(records(results)).toEqual(
      records(whole).filter(({ id }) => records(results).some((one) => one.id === id)),
    );
    expect(readdirSync(join(results, 'claims'))).toEqual([]);
    expect(runKit(['sweep', 'run', '--index', '1', '--results', results]).stdout).toMatch(
      /2 runs, 0 without a record/,
    );
  });

  it.each(['SIGTERM', 'SIGUSR1'] as const)(
    'saves the step it is at on %s, asks to be started again, and ends with the record of a run without a break',
    async (signal) => {
      const results = newResults();
      plan(experiment, results, '--only', 'fragile', '--seeds', '1');
      const steps = join(experiment, '..', 'steps');
      rmSync(steps, { force: true });
      const task = startTask(results, 0);
      // The run validates, and with it saves, at its end alone.
      await task.until(() => existsSync(steps) && readFileSync(steps).length > 5);
      task.child.kill(signal);
      expect(await task.ended, task.said()).toBe(75);
      expect(task.said()).toMatch(/Stopped \(SIG\w+\); what was done is saved/);
      const checkpoints = join(results, 'checkpoints', 'tiny-quick');
      expect(existsSync(checkpoints) && readdirSync(checkpoints).length, 'a checkpoint').toBe(1);
      expect(readdirSync(join(results, 'claims'))).toEqual([]);
      expect(runKit(['sweep', 'run', '--index', '0', '--results', results]).status).toBe(0);
      expect(readdirSync(checkpoints)).toEqual([]);
      expect(records(results)).toEqual(
        records(whole).filter(({ id }) => records(results).some((one) => one.id === id)),
      );
    },
  );

  it('goes on where kill -9 left it, also while its claim still lies there', async () => {
    const results = newResults();
    const path = experimentFile(200);
    const steps = join(path, '..', 'steps');
    plan(path, results, '--only', 'fragile', '--seeds', '1');
    const task = startTask(results, 0);
    await task.until(() => existsSync(steps));
    task.child.kill('SIGKILL');
    await task.ended;
    expect(readdirSync(join(results, 'claims'))).toHaveLength(1);
    expect(runKit(['sweep', 'run', '--index', '0', '--results', results]).status).toBe(0);
    expect(records(results)).toHaveLength(1);
  });

  it('lets no failing run stop the others; status says why, --fail-fast stops, and retry goes on', () => {
    const results = newResults();
    const path = experimentFile(10);
    plan(path, results);
    const flag = join(path, '..', 'broken');
    writeFileSync(flag, '');
    const failed = runKit(['sweep', 'submit', '--workers', '1', '--results', results]);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/Failed: Fragile, seed 0: .*The file is there/);
    expect(failed.stdout).toMatch(/2 failed, 2 of 6 runs are without a record/);
    expect(records(results)).toHaveLength(4);
    const { stdout } = runKit(['sweep', 'status', '--results', results]);
    expect(stdout).toMatch(/4 of 6 runs have their record.* \d failed/);
    expect(stdout).toMatch(/The file is there/);
    expect(stdout).toMatch(/kit sweep retry tiny-quick-\w+ --results \S+ submits \d again/);

    const fast = runKit(['sweep', 'retry', '--fail-fast', '--workers', '1', '--results', results]);
    expect(fast.status).not.toBe(0);
    expect(`${fast.stderr}${fast.stdout}`.match(/Failed: /g)).toHaveLength(1);

    rmSync(flag);
    const { status } = runKit(['sweep', 'retry', '--results', results]);
    expect(status).toBe(0);
    expect(records(results)).toHaveLength(6);
    expect(readdirSync(join(sweepFolder(results), 'failed'))).toEqual([]);
    expect(runKit(['sweep', 'retry', '--results', results]).stdout).toMatch(/Nothing to retry/);
  });

  it('is retried three times and no more', () => {
    const results = newResults();
    const path = experimentFile(10);
    writeFileSync(join(path, '..', 'broken'), '');
    plan(path, results, '--only', 'fragile', '--seeds', '1');
    expect(runKit(['sweep', 'submit', '--results', results]).status).toBe(1);
    for (let i = 0; i < 3; i++)
      expect(runKit(['sweep', 'retry', '--results', results]).stdout).toMatch(/1 without a record/);
    const { status, stdout } = runKit(['sweep', 'retry', '--results', results]);
    expect(stdout).toMatch(/Task 0 was submitted 4 times and is left alone: .*The file is there/);
    expect(status).toBe(1);
  });

  it('says a sentence where a commit, a manifest, a task or a sweep is not the one that was planned', () => {
    const results = newResults();
    plan(experiment, results);
    const run = (...args: string[]) => {
      const { status, stderr } = runKit(['sweep', ...args, '--results', results]);
      expect(status).toBe(1);
      expect(stderr).not.toMatch(/\n\s+at /);
      return stderr;
    };
    expect(run('run')).toMatch(/Which task\? --index <i>/);
    expect(run('run', '--index', '3')).toMatch(/no task 3: of 3, counted from 0, the last is 2/);
    expect(run('status', 'tiny-slow')).toMatch(/no sweep named tiny-slow in .*There are tiny-quick-/);

    const head = join(sweepFolder(results), 'sweep.json');
    const text = readFileSync(head, 'utf8');
    writeFileSync(head, text.replace(/"commit": "\w+/, '"commit": "0123456789abcdef'));
    expect(run('run', '--index', '0')).toMatch(
      /planned with the code of commit 0123456789abcdef.*; here is \w+.*Check that commit out and build it, or plan again/,
    );
    writeFileSync(head, text);

    const manifest = join(sweepFolder(results), 'manifest.jsonl');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('0.003', '0.004'));
    expect(run('run', '--index', '0')).toMatch(
      /manifest\.jsonl was changed after it was planned.*plan again/,
    );
    rmSync(results, { recursive: true });
    expect(run('status')).toMatch(/There is no results folder .*not mounted/);
  });

  it('writes nothing in the place of a results folder that goes away while it runs, and says so', async () => {
    const results = newResults();
    plan(experiment, results);
    const task = startTask(results, 1);
    await task.until(
      () => existsSync(join(results, 'claims')) && readdirSync(join(results, 'claims')).length > 0,
    );
    renameSync(results, `${results}-away`);
    expect(await task.ended).toBe(1);
    expect(task.said()).toMatch(/The results folder went away: .*sweep\.json is not there any more/);
    expect(existsSync(results)).toBe(false);
    renameSync(`${results}-away`, results);
    expect(runKit(['sweep', 'run', '--index', '1', '--results', results]).status).toBe(0);
  });

  it('says that the disk is full, leaves no half file, and goes on when there is room', ({ skip }) => {
    const disk = smallDisk();
    if (disk === null) return skip('it needs the right to mount a small file system');
    try {
      const results = join(disk, 'results');
      plan(experiment, results);
      const filler = join(disk, 'filler');
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096'], { stdio: 'ignore' });
      const { status, stderr } = runKit(['sweep', 'run', '--index', '0', '--results', results]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/Could not write .*the disk is full; free some space and run the command again/);
      expect(stderr).not.toMatch(/\n\s+at /);
      const files = readdirSync(results, { recursive: true }).map(String);
      expect(files.filter((file) => /\.tmp$|runs.*\.json$/.test(file))).toEqual([]);
      rmSync(filler);
      expect(runKit(['sweep', 'run', '--index', '0', '--results', results]).status).toBe(0);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

/** A megabyte; null where this may not be mounted. */
function smallDisk(): string | null {
  const path = temporaryFolder();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
  return status === 0 ? path : null;
}

describe('kit sweep with Slurm’s commands', { timeout: 300_000 }, () => {
  /** Commands of Slurm's names that answer from files and write down how they were called. */
  function fakeSlurm() {
    const bin = temporaryFolder();
    const calls = join(bin, 'calls');
    const command = (name: string, body: string) => {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> ${calls}\n${body}\n`);
      chmodSync(join(bin, name), 0o755);
    };
    command('sbatch', `n=$(cat ${bin}/n 2>/dev/null || echo 100); n=$((n + 1)); echo $n > ${bin}/n; echo $n`);
    command('scontrol', 'echo "MaxArraySize            = 1001"');
    command('scancel', '');
    for (const name of ['squeue', 'sacct']) {
      writeFileSync(join(bin, `${name}.txt`), '');
      command(name, `cat ${bin}/${name}.txt`);
    }
    const called = (name: string) =>
      existsSync(calls)
        ? readFileSync(calls, 'utf8')
            .split('\n')
            .filter((line) => line.startsWith(`${name} `))
        : [];
    const answer = (name: string, text: string) => writeFileSync(join(bin, `${name}.txt`), text);
    return { environment: { PATH: `${bin}:${process.env.PATH}` }, called, answer };
  }

  it('submits 2,000 runs with one sbatch a thousand tasks and one that collects, and tells their state in one call each', () => {
    const results = newResults();
    const { environment, called, answer } = fakeSlurm();
    const planned = plan(
      experiment,
      results,
      '--seeds',
      '1000',
      '--only',
      'raw pixels,n-pair & angular',
      '--task-minutes',
      '5',
    );
    expect(planned.stdout).toMatch(/2000 runs.*2000 tasks of 1 runs/s);
    const submitted = runKit(
      ['sweep', 'submit', '--on', 'slurm', '--max-parallel', '50', '--results', results],
      environment,
    );
    expect(submitted.stderr).toBe('');
    expect(submitted.stdout).toMatch(
      /Job 101: 1001 tasks, 0 to 1000\.\nJob 102: 999 tasks, 1001 to 1999\.\nJob 103: tables/,
    );
    expect(called('sbatch')).toHaveLength(3);
    const scripts = readdirSync(join(sweepFolder(results), 'scripts')).map((file) =>
      readFileSync(join(sweepFolder(results), 'scripts', file), 'utf8'),
    );
    expect(scripts[0]).toMatch(/^#SBATCH --array=0-1000%25$/m);
    expect(scripts[1]).toMatch(/^#SBATCH --array=0-998%25$/m);
    expect(scripts[1]).toMatch(/task=\$\(\(1001 \+ SLURM_ARRAY_TASK_ID\)\)/);
    expect(scripts[2]).toMatch(/^#SBATCH --dependency=afterany:101:102$/m);

    const again = runKit(['sweep', 'submit', '--on', 'slurm', '--results', results], environment);
    expect(again.stdout).toMatch(/Nothing to submit: it was submitted already, last to Slurm as job 102/);
    expect(called('sbatch')).toHaveLength(3);

    answer('squeue', '102_[998]|PENDING|Priority|0:00|\n102_997|RUNNING|None|1:02|node7\n');
    answer('sacct', '101_[0-1000]|TIMEOUT|0:0|600|node1\n102_[0-996]|FAILED|1:0|9|node2\n');
    const { stdout } = runKit(['sweep', 'status', '--results', results], environment);
    expect(stdout).toMatch(/2000 tasks: 1 running, 1 waiting, 997 failed, 1001 timed out/);
    expect(stdout).toMatch(/task 1998: running on node7, 62 s so far/);
    expect(stdout).toMatch(/task 1999: waiting \(Priority\)/);
    expect(stdout).toMatch(/task 0: timed out \(TIMEOUT\)/);
    expect(called('squeue')).toHaveLength(1);
    expect(called('sacct')).toHaveLength(1);

    const retried = runKit(['sweep', 'retry', '--results', results], environment);
    expect(retried.stdout).toMatch(/Job 104: 1001 tasks.*Job 105: 997 tasks, 1001 to 1997/s);
    expect(called('sbatch')).toHaveLength(6);
    runKit(['sweep', 'cancel', '--results', results], environment);
    expect(called('scancel').map((line) => line.replace(/tiny-quick-\w+/, 'X'))).toEqual([
      'scancel --name=kit-X',
      'scancel --name=kit-X-collect',
    ]);
  });

  it('asks on retry for what submit was asked for, and for what retry is asked for instead', () => {
    const results = newResults();
    const { environment, answer } = fakeSlurm();
    plan(experiment, results);
    const asked = ['--partition', 'long', '--mem', '700M', '--time', '30'];
    runKit(['sweep', 'submit', '--on', 'slurm', ...asked, '--results', results], environment);
    answer('sacct', '101_[0-9]|FAILED|1:0|9|node2\n');
    const lastScript = () => {
      const scripts = readdirSync(join(sweepFolder(results), 'scripts')).filter((name) => /retry/.test(name));
      return readFileSync(join(sweepFolder(results), 'scripts', scripts.sort().at(-1) as string), 'utf8');
    };
    expect(runKit(['sweep', 'retry', '--time', '60', '--results', results], environment).status).toBe(0);
    expect(lastScript()).toMatch(/--partition=long\n/);
    expect(lastScript()).toMatch(/--mem=700M\n/);
    expect(lastScript()).toMatch(/--time=60\n/);
    answer('sacct', '103_[0-9]|FAILED|1:0|9|node2\n');
    expect(runKit(['sweep', 'retry', '--results', results], environment).status).toBe(0);
    expect(lastScript()).toMatch(/--time=60\n/);
  });

  it('gives its tasks to one of two that submit at the same time', async () => {
    const results = newResults();
    const { environment, called } = fakeSlurm();
    plan(experiment, results);
    const both = [0, 1].map(() => {
      const child = spawn(
        process.execPath,
        [kitPath, 'sweep', 'submit', '--on', 'slurm', '--results', results],
        {
          env: { ...process.env, ...environment },
        },
      );
      return new Promise<number | null>((done) => child.on('exit', done));
    });
    expect(await Promise.all(both)).toEqual([0, 0]);
    expect(called('sbatch')).toHaveLength(2);
  });

  it('prints the script and submits nothing with --dry-run, with the options of sweep.slurm.json', () => {
    const results = newResults();
    const { environment, called } = fakeSlurm();
    plan(experiment, results);
    const options = join(temporaryFolder(), 'options.json');
    writeFileSync(
      options,
      JSON.stringify({
        partition: 'long',
        time: '30',
        setup: ['module load nodejs'],
        kit: 'apptainer exec kit.sif kit',
      }),
    );
    const { stdout } = runKit(
      [
        'sweep',
        'submit',
        '--on',
        'slurm',
        '--dry-run',
        '--options',
        options,
        '--gpus',
        'a100:1',
        '--results',
        results,
      ],
      environment,
    );
    expect(stdout).toMatch(/--partition=long\n#SBATCH --time=30\n/);
    expect(stdout).toMatch(/--gres=gpu:a100:1\n/);
    expect(stdout).toMatch(/\nmodule load nodejs\n/);
    expect(stdout).toMatch(/\napptainer exec kit\.sif kit sweep run tiny-quick/);
    expect(called('sbatch')).toEqual([]);
    expect(existsSync(join(sweepFolder(results), 'submissions'))).toBe(false);
  });

  it('says a sentence where Slurm is not here or refuses, and status still tells what the records say', () => {
    const results = newResults();
    plan(experiment, results);
    const nothing = temporaryFolder();
    mkdirSync(join(nothing, 'bin'));
    const { status, stderr } = runKit(['sweep', 'submit', '--on', 'slurm', '--results', results], {
      PATH: nothing,
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/no scontrol here\. Run this where the cluster's jobs are submitted/);
    const { environment } = fakeSlurm();
    runKit(['sweep', 'submit', '--on', 'slurm', '--results', results], environment);
    const { stdout } = runKit(['sweep', 'status', '--results', results], { PATH: nothing });
    expect(stdout).toMatch(/0 of 6 runs.*Not known: There is no squeue here/s);
  });

  it('prints an indexed job for Kubernetes', () => {
    const results = newResults();
    plan(experiment, results);
    const { stdout } = runKit([
      'sweep',
      'submit',
      '--print',
      'indexed-job',
      '--max-parallel',
      '2',
      '--image',
      'me/kit:1',
      '--mem',
      '500K',
      '--results',
      results,
    ]);
    expect(stdout).toMatch(/completionMode: Indexed\n {2}completions: 3\n {2}parallelism: 2\n/);
    expect(stdout).toMatch(/image: me\/kit:1/);
    expect(stdout).toMatch(/memory: "?500Ki"?\n/);
    expect(stdout).toMatch(/values: \[75\]/);
  });
});
