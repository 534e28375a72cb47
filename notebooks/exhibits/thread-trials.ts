import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type BackendDescription,
  type ClassAndImageCount,
  describeEnvironment,
  estimate,
  KitError,
  loadEmoji,
  type OptimizerOptions,
  type RunRecord,
  readEmbeddings,
  SeededRandom,
} from 'angular-loss-kit';
import { type Features, type HeadTrialOptions, trialOfHead } from './head-trial';
import { angularSuspect, type PairLoss, threadAngularSuspect, tripletSuspect } from './thread-suspects';

// The trial of notebook 10: the thread's two losses, and each suspected cause switched on or off alone. Every row has the same tries of
// optimizer, learning rate and sphere, times the values of its own setting; the best on validation classes is run again with new seeds and
// read once on test classes.

/** A row of the trial: a loss for each value of its own setting. */
export interface Suspect {
  readonly name: string;
  readonly settings: Readonly<Record<string, PairLoss>>;
  /** Not trained at all. */
  readonly untrained?: boolean;
}

/** Of squared distances; free embeddings of features like these are some tens apart. */
const MARGINS = [0.5, 5, 50];
/** Below the 45° of the thread: the lower end of the paper's range, and two under the angles that the triplets begin with. */
const SMALLER_ALPHAS = [18.4, 25, 36];

const perMargin = (loss: (margin: number) => PairLoss) =>
  Object.fromEntries(MARGINS.map((margin) => [`m = ${margin}`, loss(margin)]));
const only = (loss: PairLoss) => ({ '': loss });

/** Where nothing else is said: α = 45°, squared lengths, one negative by chance. */
export const SUSPECTS: readonly Suspect[] = [
  { name: 'not trained', settings: only(tripletSuspect({ margin: 0 })), untrained: true },
  { name: 'triplet', settings: perMargin((margin) => tripletSuspect({ margin })) },
  { name: 'triplet, margin off', settings: only(tripletSuspect({ margin: 0 })) },
  { name: 'angular as posted', settings: only(threadAngularSuspect(true, false)) },
  { name: 'angular, flag mended', settings: only(threadAngularSuspect(false, false)) },
  { name: 'hinge', settings: only(angularSuspect()) },
  { name: 'hinge + margin', settings: perMargin((margin) => angularSuspect({ margin })) },
  {
    name: 'hinge + smaller α',
    settings: Object.fromEntries(
      SMALLER_ALPHAS.map((alphaDegrees) => [`${alphaDegrees}°`, angularSuspect({ alphaDegrees })]),
    ),
  },
  { name: 'hinge + hardest negative', settings: only(angularSuspect({ negatives: 'hardest' })) },
  { name: 'hinge + all negatives', settings: only(angularSuspect({ negatives: 'all' })) },
  { name: 'hinge + smooth', settings: only(angularSuspect({ form: 'smooth' })) },
  { name: 'hinge + norms dropped', settings: only(angularSuspect({ form: 'products' })) },
  { name: 'smooth, all negatives', settings: only(angularSuspect({ form: 'smooth', negatives: 'all' })) },
  { name: 'Eq. 8', settings: only(angularSuspect({ form: 'products', negatives: 'all' })) },
];

export interface TrialSets {
  readonly train: Features;
  readonly validation: Features;
  readonly test: Features;
}

export interface TrialRow {
  readonly name: string;
  /** Percent, on test classes, one a seed. */
  readonly recallAt1: readonly number[];
  /** Percent of pairs without a gradient over the last quarter of the steps. */
  readonly silent: number;
  readonly tries: readonly { readonly setting: string; readonly validationRecallAt1: number }[];
  readonly best: string;
  readonly seconds: number;
}

interface Choice extends Pick<HeadTrialOptions, 'optimizer' | 'radius'> {
  readonly name: string;
}

const SPHERE = 1.5;

const optimizers: readonly OptimizerOptions[] = [
  ...[3e-4, 3e-3].map((learningRate) => ({ name: 'adam' as const, learningRate })),
  ...[1e-4, 3e-3].map((learningRate) => ({ name: 'sgd' as const, learningRate, momentum: 0.9 })),
].map((one) => ({ ...one, weightDecay: 0, schedule: 'cosine' as const }));

export const CHOICES: readonly Choice[] = optimizers.flatMap((optimizer) =>
  [null, SPHERE].map((radius) => ({
    optimizer,
    radius,
    name: `${optimizer.name} ${optimizer.learningRate}, ${radius === null ? 'free' : 'sphere'}`,
  })),
);

/** Tries every setting on validation classes, then reads the test classes with the best of them, a seed at a time. */
export async function trialRow(
  { name, settings, untrained = false }: Suspect,
  sets: TrialSets,
  options: { readonly steps: number; readonly seeds: readonly number[]; readonly signal?: AbortSignal },
): Promise<TrialRow> {
  const { seeds, signal } = options;
  const start = performance.now();
  const steps = untrained ? 0 : options.steps;
  const choices = untrained ? CHOICES.slice(0, 1) : CHOICES;
  const tries = [];
  for (const [setting, loss] of Object.entries(settings)) {
    for (const choice of choices) {
      const { recallAt1 } = await trialOfHead({
        train: sets.train,
        held: sets.validation,
        loss,
        ...choice,
        steps,
        seed: 0,
        signal,
      });
      const label = [setting, choice.name].filter((part) => part !== '').join(', ');
      tries.push({ setting: label, validationRecallAt1: 100 * recallAt1, loss, choice });
    }
  }
  const best = tries.reduce((a, b) => (b.validationRecallAt1 > a.validationRecallAt1 ? b : a));
  const runs = [];
  for (const seed of seeds)
    runs.push(
      await trialOfHead({
        train: sets.train,
        held: sets.test,
        loss: best.loss,
        ...best.choice,
        steps,
        seed,
        signal,
      }),
    );
  const late = runs.flatMap(({ silent }) => silent.slice(Math.floor(0.75 * steps)));
  return {
    name,
    recallAt1: runs.map(({ recallAt1 }) => 100 * recallAt1),
    silent: (100 * late.reduce((sum, share) => sum + share, 0)) / Math.max(1, late.length),
    tries: tries.map(({ setting, validationRecallAt1 }) => ({ setting, validationRecallAt1 })),
    best: best.setting,
    seconds: Math.round((performance.now() - start) / 1000),
  };
}

/** Difference of two rows, paired by seed: mean and half-width of its 95% interval, in points. */
export function pairedDifference(a: TrialRow, b: TrialRow): { mean: number; halfWidth: number } {
  const { mean, halfWidth } = estimate(a.recallAt1.map((value, i) => value - b.recallAt1[i]));
  return { mean, halfWidth: halfWidth ?? Number.POSITIVE_INFINITY };
}

/** What the rows of a trial were made with: all of it must be equal for two rows to stand in one table. */
export interface TrialOrigin {
  readonly data: {
    readonly name: string;
    /** SHA-256 (hex) of vectors and labels, as they were trained on and scored. */
    readonly checksum: string;
  } & Readonly<Record<keyof TrialSets, ClassAndImageCount>>;
  readonly steps: number;
  readonly seeds: readonly number[];
  /** `commit` is `-dirty` also where the exhibits differ from it. */
  readonly environment: RunRecord['environment'];
}

export interface TrialRecord extends TrialOrigin {
  readonly kind: 'thread-trial';
  readonly rows: readonly TrialRow[];
}

export async function originOfTrial(
  name: string,
  sets: TrialSets,
  budget: { readonly steps: number; readonly seeds: readonly number[] },
  backend: BackendDescription,
): Promise<TrialOrigin> {
  const { train, validation, test } = sets;
  const counts = ({ labels }: Features) => ({ classes: new Set(labels).size, images: labels.length });
  return {
    data: {
      name,
      checksum: checksumOf(sets),
      train: counts(train),
      validation: counts(validation),
      test: counts(test),
    },
    ...budget,
    environment: await describeEnvironment(backend, ['notebooks/exhibits']),
  };
}

export function checksumOf({ train, validation, test }: TrialSets): string {
  const hash = createHash('sha256');
  for (const { vectors, labels } of [train, validation, test])
    for (const { buffer, byteOffset, byteLength } of [vectors, labels])
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

export function readTrial(path: string): TrialRecord {
  return JSON.parse(readFileSync(path, 'utf8')) as TrialRecord;
}

/**
 * The rows that are done, none where there is no record. A record that has every row of `names` is taken whole, whatever code and
 * engine made it: nothing is added to it.
 *
 * @throws KitError `invalid-argument` where they were made of other data or with another budget, or by other code or on another engine
 * while rows are left
 */
export function rowsSoFar(
  path: string,
  origin: TrialOrigin,
  names: readonly string[] = SUSPECTS.map(({ name }) => name),
): TrialRow[] {
  if (!existsSync(path)) return [];
  const { rows, kind, ...earlier } = readTrial(path);
  const isWhole = names.every((name) => rows.some((row) => row.name === name));
  const differs = (Object.keys(origin) as (keyof TrialOrigin)[])
    .filter((key) => JSON.stringify(earlier[key]) !== JSON.stringify(origin[key]))
    .filter((key) => !(isWhole && key === 'environment'));
  if (differs.length > 0)
    throw new KitError(
      'invalid-argument',
      `The rows in ${path} differ in ${differs.join(', ')} from what would be added to them. ` +
        'To make the record anew, delete the file first.',
    );
  return [...rows];
}

/** Whole or not at all: a run may be interrupted at any row. */
export function writeTrial(path: string, record: TrialRecord): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, `${JSON.stringify(record, null, 1)}\n`);
  renameSync(`${path}.tmp`, path);
}

/** The rows of some classes. */
export function rowsOfClasses(all: Features, classes: ReadonlySet<number>): Features {
  const { dimension } = all;
  const rows = [...all.labels.keys()].filter((row) => classes.has(all.labels[row]));
  const vectors = new Float32Array(rows.length * dimension);
  for (const [i, row] of rows.entries())
    vectors.set(all.vectors.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  return { vectors, dimension, labels: Int32Array.from(rows, (row) => all.labels[row]) };
}

/** Pixels of emoji, 16 × 16 × 3, centred and not normalised; 478, 119 and 597 classes. */
export async function emojiPixels(): Promise<TrialSets> {
  const emoji = await loadEmoji({ size: 16 });
  const order = new SeededRandom('classes').shuffle(emoji.classNames.map((_, label) => label));
  const all = {
    vectors: Float32Array.from(emoji.pixels, (value) => value / 255 - 0.8),
    dimension: 768,
    labels: Int32Array.from(emoji.items, ({ label }) => label),
  };
  const of = (from: number, to?: number) => rowsOfClasses(all, new Set(order.slice(from, to)));
  return { train: of(0, 478), validation: of(478, 597), test: of(597) };
}

/** Features of Cars-196's training half as `kit embed` wrote them; classes 1 to 78, 79 to 98 and 99 to 196. */
export function carsFeatures(path: string): TrialSets {
  const all = readEmbeddings(path, path.replace(/\.npy$/, '-labels.npy'));
  const of = (from: number, to: number) =>
    rowsOfClasses(all, new Set(Array.from({ length: to - from }, (_, i) => from + i)));
  return { train: of(0, 78), validation: of(78, 98), test: of(98, 196) };
}
