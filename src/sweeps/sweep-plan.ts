import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Experiment, ExperimentChoice } from '../experiments/experiment-file.js';
import { parseWith, type RunSpec, runId } from '../experiments/run-spec.js';
import { makeFolder } from '../files/make-folder.js';
import { writeFailure } from '../files/write-failure.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';

/** One line of a manifest. */
export interface PlannedRun {
  /** Its place in the manifest, from 0. */
  readonly index: number;
  readonly id: string;
  /** Expected on the machine that planned. */
  readonly seconds: number;
  /** Bytes of its process. */
  readonly memory: number;
  /** What it was timed on. */
  readonly device: 'cpu' | 'gpu';
  readonly spec: RunSpec;
}

const count = z.int().nonnegative();
const headSchema = z.strictObject({
  format: z.literal(1),
  /** Of what the table and the page are, as an experiment file says it. */
  experiment: z.strictObject({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    notes: z.array(z.string()),
    profiles: z.array(z.string()),
  }),
  /** What was asked for, to lay it out again. */
  source: z.strictObject({
    experiment: z.string(),
    profile: z.string().optional(),
    seeds: z.int().optional(),
    only: z.array(z.string()).optional(),
  }),
  /** All runs of the experiment, also those that had a record when this was planned. */
  ids: z.array(z.string()),
  commit: z.string(),
  plannedAt: z.string(),
  runs: count,
  tasks: count,
  /** SHA-256 of the manifest. */
  checksum: z.string(),
});

export type SweepHead = Readonly<z.infer<typeof headSchema>>;

/** A sweep as it was planned: nothing of it changes any more. */
export interface Sweep extends SweepHead {
  readonly name: string;
  readonly results: string;
  /** `<results>/sweeps/<name>`. */
  readonly folder: string;
  readonly planned: readonly PlannedRun[];
}

export interface NewSweep {
  readonly results: string;
  readonly experiment: Experiment;
  readonly source: ExperimentChoice & { readonly experiment: string };
  readonly commit: string;
  readonly tasks: number;
  readonly planned: readonly PlannedRun[];
}

/** What is written beside the manifest: it lies in the results folder as long as that is there. */
export function headPath({ folder }: Pick<Sweep, 'folder'>): string {
  return join(folder, 'sweep.json');
}

export function manifestPath({ folder }: Pick<Sweep, 'folder'>): string {
  return join(folder, 'manifest.jsonl');
}

/**
 * Writes a sweep's folder, whole or not at all. Its name is the experiment's and a checksum of its runs, those to do, commit and packing: a
 * changed experiment is another sweep, and the same plan twice is one.
 *
 * @returns the sweep, and whether it was there already
 * @throws KitError `not-writable`
 */
export function writeSweep(plan: NewSweep): { readonly sweep: Sweep; readonly isNew: boolean } {
  const { results, experiment, source, commit, tasks, planned } = plan;
  const decided = JSON.stringify([commit, tasks, experiment.specs.map(runId), planned.map(({ id }) => id)]);
  const name = `${experiment.name}-${sha256(decided).slice(0, 8)}`;
  const folder = join(results, 'sweeps', name);
  if (existsSync(join(folder, 'sweep.json'))) return { sweep: openSweep(results, name), isNew: false };
  const manifest = planned.map((run) => `${JSON.stringify(run)}\n`).join('');
  const { title, description, notes, profiles } = experiment;
  const head: SweepHead = {
    format: 1,
    experiment: { name: experiment.name, title, description, notes: [...notes], profiles: [...profiles] },
    source: { ...source, only: source.only === undefined ? undefined : [...source.only] },
    ids: experiment.specs.map(runId),
    commit,
    plannedAt: new Date().toISOString(),
    runs: planned.length,
    tasks,
    checksum: sha256(manifest),
  };
  const aside = `${folder}.${process.pid}`;
  try {
    makeFolder(join(results, 'sweeps'));
    mkdirSync(aside);
    writeFileWhole(manifestPath({ folder: aside }), manifest);
    writeFileWhole(headPath({ folder: aside }), `${JSON.stringify(head, null, 1)}\n`);
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    // Another process planned the same meanwhile.
    if (!existsSync(join(folder, 'sweep.json'))) throw writeFailure(folder, error);
  }
  return { sweep: openSweep(results, name), isNew: true };
}

/** Sweeps of a results folder by name, the one planned last at the end. */
function sweepNames(results: string): string[] {
  const folder = join(results, 'sweeps');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'sweep.json')))
    .map((name) => ({ name, at: readHead(join(folder, name)).plannedAt }))
    .sort((a, b) => a.at.localeCompare(b.at) || a.name.localeCompare(b.name))
    .map(({ name }) => name);
}

/**
 * @param name default: the one planned last
 * @throws KitError `invalid-argument` where there is none of this name; `invalid-spec` where its files were changed
 */
export function openSweep(results: string, name?: string): Sweep {
  const wanted = name ?? sweepNames(results).at(-1);
  const folder = join(results, 'sweeps', wanted ?? '');
  if (wanted === undefined || !existsSync(join(folder, 'sweep.json'))) throw noSuchSweep(results, name);
  const head = readHead(folder);
  const path = manifestPath({ folder });
  if (!existsSync(path))
    throw new KitError(
      'invalid-spec',
      `${path} is missing. Plan again: kit sweep plan ${head.source.experiment}.`,
    );
  const text = readFileSync(path, 'utf8');
  if (sha256(text) !== head.checksum) {
    throw new KitError(
      'invalid-spec',
      `${path} was changed after it was planned, so its runs are no longer those that ${head.commit.slice(0, 12)} laid out. Change the experiment file instead and plan again: that makes a sweep of its own.`,
    );
  }
  const planned = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as PlannedRun);
  return { ...head, name: wanted, results, folder, planned };
}

function noSuchSweep(results: string, name: string | undefined): KitError {
  const there = sweepNames(results);
  const folder = join(results, 'sweeps');
  const named = name === undefined ? '' : ` named ${name}`;
  return new KitError(
    'invalid-argument',
    !existsSync(results)
      ? `There is no results folder ${results} here (a network drive that is not mounted?). --results names another.`
      : `There is no sweep${named} in ${folder}. ${there.length > 0 ? `There are ${there.join(', ')}.` : 'kit sweep plan <experiment> makes one.'}`,
  );
}

function readHead(folder: string): SweepHead {
  const path = headPath({ folder });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new KitError('invalid-spec', `${path} is not a sweep's: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  return parseWith(headSchema, value, path);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
