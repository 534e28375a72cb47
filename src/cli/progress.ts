import { type Options, Presets, SingleBar } from 'cli-progress';
import { dataKey, loadExperimentData } from '../experiments/experiment-data.js';
import { requireFit, requireSameData } from '../experiments/fits-data.js';
import { type RunSpec, runId } from '../experiments/run-spec.js';
import { KitError } from '../kit-error.js';
import type { RunRecord } from '../types/run-record.js';
import { requireBackend } from './require-backend.js';

/** Aborts at the first Ctrl-C or SIGTERM, saying what happens; the second ends the process at once. */
export function cancelOnInterrupt(message: string): AbortSignal {
  const controller = new AbortController();
  const cancel = () => {
    process.stderr.write(`\n${message}\n`);
    controller.abort();
  };
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
  return controller.signal;
}

/** A forced command would begin again. */
export function howToGoOn({ force = false }: { readonly force?: boolean }): string {
  return `Stopped. Run the same command again${force ? ' without --force' : ''} to go on from here.`;
}

/**
 * Loads what the runs read, once and with all cores, so that the workers find it in the cache; and finds out whether it
 * serves them, and is what the records beside theirs were made from. The backend is looked at first.
 */
export async function prepareData(
  specs: readonly RunSpec[],
  records: readonly RunRecord[],
  signal: AbortSignal,
): Promise<void> {
  await requireBackend(specs, signal);
  const bar = pictureProgress();
  try {
    for (const key of new Set(specs.map(dataKey))) {
      const group = specs.filter((spec) => dataKey(spec) === key);
      const data = await loadExperimentData(group[0], { signal, onProgress: bar.show });
      if (signal.aborted) throw new KitError('cancelled', 'Stopped.');
      for (const spec of group) requireFit(spec, data);
      requireSameData(records, data.description);
    }
  } finally {
    bar.stop();
  }
}

/** A bar over pictures; without a terminal, a line every half minute. */
export function pictureProgress() {
  const bar = process.stdout.isTTY
    ? new SingleBar(
        {
          format: ' {bar} {percentage}% · {value}/{total} pictures · {eta_formatted} left · {what}',
          hideCursor: true,
        },
        Presets.shades_classic,
      )
    : null;
  let showing = '';
  let printed = Date.now();
  return {
    show(what: string, done: number, total: number): void {
      if (what !== showing) bar?.start(total, 0, { what });
      showing = what;
      bar?.update(done, { what });
      if (bar !== null || Date.now() - printed < 30_000) return;
      printed = Date.now();
      process.stdout.write(`${done}/${total} pictures · ${what}\n`);
    },
    stop: () => bar?.stop(),
  };
}

/** A bar over an amount of whatever; silent without a terminal. */
export function amountProgress() {
  let bar: SingleBar | undefined;
  return {
    show(done: number, total: number | null, what: string): void {
      if (!process.stdout.isTTY) return;
      if (bar === undefined) {
        bar = new SingleBar(
          { format: ' {bar} {percentage}% · {value} of {total} · {what}', hideCursor: true },
          Presets.shades_classic,
        );
        bar.start(total ?? done, done, { what });
      }
      bar.setTotal(total ?? done);
      bar.update(done, { what });
    },
    stop(): void {
      bar?.stop();
      bar = undefined;
    },
  };
}

/**
 * One bar over all steps of all runs with an estimate of the time left; without a terminal, a line every
 * half minute.
 */
export function trainingProgress(specs: readonly RunSpec[]) {
  const total = specs.reduce((sum, spec) => sum + Math.max(1, spec.steps), 0);
  const steps = new Map<string, number>();
  /** Where each run was when it was first heard of, and runs without steps: the time of either is no measure of a step. */
  let before = 0;
  let finished = 0;
  let started: number | undefined;
  let printed = Date.now();
  const named = ({ method, seed }: RunSpec) => `${method}, seed ${seed}`;
  const done = () => [...steps.values()].reduce((sum, value) => sum + value, 0);
  const millisecondsAStep = () => (Date.now() - (started ?? Number.NaN)) / (done() - before);
  const left = () => (done() > before ? duration(millisecondsAStep() * (total - done())) : '…');
  /** Over all runs side by side. */
  const rate = () => {
    if (done() <= before) return '… steps/s';
    const seconds = millisecondsAStep() / 1000;
    return seconds > 2 ? `${seconds.toFixed(1)} s a step` : `${(1 / seconds).toFixed(1)} steps/s`;
  };
  const options: Options = {
    format: ' {bar} {percentage}% · {finished}/{runs} runs · {rate} · {left} left · {now}',
    hideCursor: true,
  };
  const bar = process.stdout.isTTY ? new SingleBar(options, Presets.shades_classic) : null;
  bar?.start(total, 0, { finished: 0, runs: specs.length, left: '…', rate: '', now: '' });

  function show(now: string): void {
    bar?.update(done(), { finished, left: left(), rate: rate(), now });
    if (bar !== null || Date.now() - printed < 30_000) return;
    printed = Date.now();
    const percent = Math.floor((100 * done()) / total);
    process.stdout.write(
      `${percent}% · ${finished}/${specs.length} runs · ${rate()} · ${left()} left · ${now}\n`,
    );
  }
  return {
    step(spec: RunSpec, step: number): void {
      const id = runId(spec);
      if (!steps.has(id)) before += step;
      steps.set(id, step);
      if (spec.steps > 0) started ??= Date.now();
      show(named(spec));
    },
    /** Pictures that went through the network outside of steps. */
    embedded(spec: RunSpec, pictures: number, of: number): void {
      show(`${named(spec)}, ${pictures} of ${of} pictures embedded`);
    },
    done(spec: RunSpec): void {
      if (spec.steps === 0) before += 1;
      else started ??= Date.now();
      steps.set(runId(spec), Math.max(1, spec.steps));
      finished++;
      show(named(spec));
    },
    stop: () => bar?.stop(),
  };
}

export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 90) return `${seconds} s`;
  const hours = seconds / 3600;
  if (hours < 3) return `${Math.round(seconds / 60)} min`;
  return hours < 72 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}
