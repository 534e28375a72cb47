import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { KitError } from '../kit-error.js';
import { projectRoot } from './environment.js';
import { drawTries, type Search, searchSchema } from './random-search.js';
import { readSpecFile } from './read-spec-file.js';
import { experimentName, parseRunSpec, parseWith, type RunSpec } from './run-spec.js';

const override = z.record(z.string(), z.unknown());
const method = z.strictObject({
  method: z.string().min(1),
  /** What differs from the base: loss, batch, learning rate. */
  spec: override,
  /** Tuning only: the tries of this method; every method gets the same number. */
  tries: z.record(z.string(), override).optional(),
  /** Tuning only: settings that the file's `search` draws for this method, by their place in a spec. */
  searches: z.array(z.string()).min(1).optional(),
  /** The try that settled this method's settings, as `kit choose` wrote it. */
  chosen: z
    .strictObject({
      experiment: z.string(),
      run: z.string(),
      validationRecallAt1: z.number(),
      tries: z.int(),
    })
    .optional(),
});
const experimentFileSchema = z.strictObject({
  name: experimentName,
  title: z.string(),
  /** Where the settings come from: shown with the plan. */
  notes: z.array(z.string()).optional(),
  /** The profile that runs where none is named; unless set, "quick" or, without one, the first. */
  defaultProfile: z.string().optional(),
  /** What all runs share. */
  base: override,
  /** Named sizes of the experiment, for example smoke, quick and full. */
  profiles: z.record(
    z.string(),
    z.strictObject({
      description: z.string(),
      seeds: z.array(z.int().nonnegative()).min(1),
      /** With a split of the name "folds": which of them run, each with every seed. */
      folds: z.array(z.int().nonnegative()).min(1).optional(),
      spec: override,
    }),
  ),
  search: searchSchema.optional(),
  /** What a reader should know of how many runs there are, and why these. */
  plan: z.string().optional(),
  methods: z.array(method).min(1),
});
type ExperimentFile = z.infer<typeof experimentFileSchema>;

export interface Experiment {
  /** `<name>-<profile>`: the folder of its records. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Why so many runs, and where the settings come from. */
  readonly notes: readonly string[];
  /** Its sizes, this one first. */
  readonly profiles: readonly string[];
  readonly specs: readonly RunSpec[];
}

export interface ExperimentChoice {
  /** Default: the file's `defaultProfile`, else "quick", else its first. */
  readonly profile?: string;
  /** Take the first so many seeds, or go on counting past the profile's own. */
  readonly seeds?: number;
  /** Only methods of one of these names or, where no method has it, whose name contains it (case does not matter). */
  readonly only?: readonly string[];
}

/** Of a file, or of one that came with the kit by its name. */
export function experimentPath(name: string): string {
  return name.endsWith('.json') ? name : join(projectRoot, 'experiments', `${name}.json`);
}

/**
 * Reads an experiment file and lays out its runs: base, then the profile's, then the method's settings.
 *
 * @throws KitError `invalid-spec` naming the file and the fault
 */
export function readExperiment(path: string, choice: ExperimentChoice): Experiment {
  return layOutExperiment(readExtended(path), path, choice);
}

/** As `readExperiment`, of the content of a file. @param path names it in messages */
export function layOutExperiment(content: unknown, path: string, choice: ExperimentChoice): Experiment {
  const file = parseExperimentFile(content, path);
  const names = Object.keys(file.profiles);
  const wanted =
    choice.profile ?? file.defaultProfile ?? (names.includes('quick') ? 'quick' : (names[0] as string));
  const profile = file.profiles[wanted];
  if (profile === undefined)
    throw new KitError('invalid-spec', `${path} has no profile "${wanted}"; it has ${names.join(', ')}.`);
  const methods = chooseMethods(file, choice.only, path);
  const name = `${file.name}-${wanted}`;
  const folds = profile.folds?.map((fold) => ({ split: { fold } })) ?? [{}];
  const specs = seedsOf(profile.seeds, choice.seeds).flatMap((seed) =>
    folds.flatMap((fold) =>
      methods.flatMap((entry) =>
        triesOf(entry, file.search).map(([label, settings]) =>
          parseRunSpec(
            [profile.spec, entry.spec, settings, fold, { experiment: name, method: label, seed }].reduce(
              merge,
              file.base,
            ),
            `${path} (${label})`,
          ),
        ),
      ),
    ),
  );
  return {
    name,
    title: file.title,
    description: profile.description,
    notes: [file.plan ?? [], file.notes ?? []].flat(),
    profiles: [wanted, ...names.filter((other) => other !== wanted)],
    specs,
  };
}

/**
 * The file's JSON with what it extends below it: `extends` names a file relative to it, whose `base` and `profiles` it
 * goes on from key by key; `name`, `title`, `notes` and `methods` it replaces where it has them.
 */
export function readExtended(path: string, above: readonly string[] = []): Record<string, unknown> {
  if (above.includes(resolve(path))) {
    throw new KitError('invalid-spec', `${path} extends itself: ${[...above, path].join(' extends ')}.`);
  }
  const { extends: below, ...own } = readFile(path, above.at(-1)) as Record<string, unknown>;
  if (below === undefined) return own;
  if (typeof below !== 'string') {
    throw new KitError('invalid-spec', `${path}: extends: expected the path of an experiment file.`);
  }
  return merge(readExtended(resolve(dirname(path), below), [...above, resolve(path)]), own);
}

function readFile(path: string, extendedBy: string | undefined): unknown {
  if (!existsSync(path)) {
    const named = extendedBy === undefined ? '' : `, which ${extendedBy} extends`;
    throw new KitError(
      'invalid-spec',
      `There is no experiment file ${path}${named}. The ones that come with the kit are in experiments/.`,
    );
  }
  return readSpecFile(path);
}

export function parseExperimentFile(value: unknown, path: string): ExperimentFile {
  const file = parseWith(experimentFileSchema, value, path);
  const searching = file.methods.find(({ searches }) => searches !== undefined);
  if (searching !== undefined && file.search === undefined)
    throw new KitError(
      'invalid-spec',
      `${path}: ${searching.method} searches, but the file has no "search".`,
    );
  requireDifferentNames(file, path);
  const budgets = new Set(file.methods.filter((m) => m.tries).map((m) => Object.keys(m.tries ?? {}).length));
  if (budgets.size > 1) {
    throw new KitError(
      'invalid-spec',
      `${path}: methods have ${[...budgets].join(' and ')} tries; each must have the same number.`,
    );
  }
  return file;
}

/** Records of one method are seeds of it to every table. */
function requireDifferentNames(file: ExperimentFile, path: string): void {
  const names = file.methods.flatMap((entry) => triesOf(entry, file.search).map(([label]) => label));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new KitError(
    'invalid-spec',
    `${path}: two methods are named "${twice}"; they would be averaged as one. Give each a name of its own.`,
  );
}

function chooseMethods(
  file: ExperimentFile,
  only: readonly string[] | undefined,
  path: string,
): ExperimentFile['methods'] {
  if (only === undefined) return file.methods;
  const chosen = only.flatMap((word) => {
    const wanted = word.toLowerCase();
    const named = file.methods.filter(({ method }) => method.toLowerCase() === wanted);
    const containing = file.methods.filter(({ method }) => method.toLowerCase().includes(wanted));
    if (containing.length > 0) return named.length > 0 ? named : containing;
    const names = file.methods.map((entry) => `"${entry.method}"`).join(', ');
    throw new KitError('invalid-spec', `${path} has no method "${word}"; it has ${names}.`);
  });
  return file.methods.filter((entry) => chosen.includes(entry));
}

function triesOf(
  entry: ExperimentFile['methods'][number],
  search: ExperimentFile['search'],
): [string, Record<string, unknown>][] {
  const { method, searches } = entry;
  const tries =
    searches === undefined
      ? Object.entries(entry.tries ?? {})
      : drawTries(search as Search, method, searches);
  if (tries.length === 0) return [[method, {}]];
  return tries.map(([label, settings]) => [`${method} · ${label}`, settings]);
}

function seedsOf(own: readonly number[], wanted: number | undefined): number[] {
  if (wanted === undefined) return [...own];
  return Array.from({ length: wanted }, (_, i) => own[i] ?? Math.max(...own) + 1 + i - own.length);
}

/** Objects key by key, anything else replaced; an object of another `name`, or of another file, is replaced whole. */
/** Laid over each other as the parts of an experiment file are. */
export function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    const sameKind =
      isObject(below) && isObject(value) && (kindOf(value) === undefined || kindOf(value) === kindOf(below));
    merged[key] = sameKind ? merge(below, value) : value;
  }
  return merged;
}

const kindOf = (value: Record<string, unknown>) => value.module ?? value.name;

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
