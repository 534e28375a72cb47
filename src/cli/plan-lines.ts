import { totalmem } from 'node:os';
import { counted } from '../datasets/listed-image-set.js';
import type { Experiment } from '../experiments/experiment-file.js';
import { type ExperimentPlan, mostBytes, rowsOf, type TimedRun } from '../experiments/experiment-plan.js';
import { downloadBytes, sourceOf } from '../experiments/missing-inputs.js';
import type { RunSpec } from '../experiments/run-spec.js';
import { cacheFolder } from '../files/cache-folder.js';
import type { KitError } from '../kit-error.js';
import { duration } from './progress.js';

/** What there is to do, before anything is timed. */
export function workLines(specs: readonly RunSpec[], missing: readonly KitError[]): string[] {
  const trained = specs.filter(({ loss }) => loss !== null);
  const steps = trained.reduce((sum, spec) => sum + spec.steps, 0);
  const sizes = [...new Set(trained.map(({ batch }) => rowsOf(batch)))].sort((a, b) => a - b);
  return [
    `To train: ${trained.length} runs, ${counted(steps)} steps of ${sizes.join(' or ') || 'no'} pictures; ${specs.length - trained.length} runs train nothing.`,
    ...missing.map(({ message }) => `Missing: ${message}`),
  ];
}

/** What it takes here. */
export function costLines(
  plan: ExperimentPlan,
  specs: readonly RunSpec[],
  missing: readonly KitError[],
): string[] {
  const { backend, processes, timed, trainingMilliseconds, features } = plan;
  const cores = processes === 1 ? 'one run after the other' : `${processes} runs side by side`;
  const featureTime =
    features.pictures === 0
      ? []
      : [
          `  features of ${counted(features.pictures)} pictures, made once: about ${duration(features.milliseconds)} more`,
        ];
  const device = plan.deviceBytes === null ? '' : `; on the device ${gigabytes(plan.deviceBytes)}`;
  return [
    `Time: about ${duration(trainingMilliseconds)} on ${backend.name} (${backend.device}), ${cores}, scoring apart.`,
    ...timed.map(stepLine),
    ...featureTime,
    `Memory: about ${gigabytes(plan.memoryBytes)} a process, ${gigabytes(processes * plan.memoryBytes)} in all; this machine has ${gigabytes(totalmem())}${device}.`,
    ...tooLarge(plan),
    `Disk: ${diskOf(plan, specs, missing)}.`,
  ];
}

function stepLine({ spec, time, rows, timedRows }: TimedRun): string {
  const how = timedRows === rows ? 'measured here' : `scaled from a batch of ${timedRows} measured here`;
  const on =
    { googlenet: ', on noise and made-up weights', onnx: ', on noise' }[spec.model.name as string] ?? '';
  return `  ${seconds(time.millisecondsAStep)} a step of ${rows} pictures of ${spec.method}, ${how}${on}`;
}

function tooLarge({ backend, processes, memoryBytes, timed }: ExperimentPlan): string[] {
  const unfit = timed.flatMap(({ unfit }) => unfit ?? []);
  if (unfit.length > 0) return unfit.map((message) => `  It does not fit: ${message}`);
  if (memoryBytes > mostBytes(backend))
    return [
      `  That does not fit: a process on ${backend.name} can have ${gigabytes(mostBytes(backend))} at most. Take smaller batches, another profile or another backend (npx kit gpu, npx kit native).`,
    ];
  if (processes * memoryBytes > totalmem())
    return ['  That does not fit: take fewer --workers, smaller batches or another profile.'];
  return [];
}

function diskOf(
  { features, pictureBytes, resultBytes }: ExperimentPlan,
  specs: readonly RunSpec[],
  missing: readonly KitError[],
): string {
  const sources = new Set(specs.flatMap(({ dataset }) => sourceOf(dataset) ?? []));
  const download = [...sources]
    .filter(({ title }) => missing.some(({ message }) => message.startsWith(title)))
    .reduce((sum, source) => sum + downloadBytes(source), 0);
  return [
    ...(download > 0
      ? [`${gigabytes(download)} of pictures to get, twice that while they are unpacked`]
      : []),
    ...(pictureBytes > 0 ? [`${gigabytes(pictureBytes)} of pictures at 256×256`] : []),
    ...(features.bytes > 0 ? [`${gigabytes(features.bytes)} of features`] : []),
    ...(pictureBytes + features.bytes > 0 ? [`in ${cacheFolder()}`] : []),
    `${gigabytes(resultBytes)} of results`,
  ].join(', ');
}

/** Where the settings come from, and what other sizes there are. */
export function settingLines({ notes, profiles: [own, ...others] }: Experiment): string[] {
  return [
    ...(notes.length > 0 ? ['Notes:', ...notes.map((note) => `- ${note}`)] : []),
    ...(others.length > 0 ? [`Profile ${own}; others: ${others.join(', ')}.`] : []),
  ];
}

function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toPrecision(2))} s`;
}
