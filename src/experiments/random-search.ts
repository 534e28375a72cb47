import { z } from 'zod';
import { KitError } from '../kit-error.js';
import { SeededRandom } from '../seeded-random.js';
import type { RunRecord } from '../types/run-record.js';
import { bestValidationRecallAt1 } from './best-validation.js';
import { settingAt } from './setting-at.js';

const range = z.union([
  /** Drawn evenly on a logarithmic scale. */
  z
    .strictObject({ from: z.number().positive(), to: z.number().positive() })
    .refine(({ from, to }) => from < to, 'from must be smaller than to'),
  z.strictObject({ choices: z.array(z.unknown()).min(2) }),
]);

/** Seeded random search: every method gets the same number of tries in each round. */
export const searchSchema = z.strictObject({
  seed: z.int().nonnegative(),
  rounds: z
    .array(
      z.strictObject({
        count: z.int().positive(),
        /** By the setting's place in a spec: `optimizer.learningRate`, `loss.margin`. */
        ranges: z.record(z.string(), range),
      }),
    )
    .min(1),
});
export type Search = z.infer<typeof searchSchema>;
export type SearchRange = z.infer<typeof range>;

/**
 * The tries of one method, round by round, each a label and what it sets.
 *
 * @param settings places that this method searches; each must have a range
 * @throws KitError `invalid-spec` for one that has none
 */
export function drawTries(
  { seed, rounds }: Search,
  method: string,
  settings: readonly string[],
): [label: string, over: Record<string, unknown>][] {
  const random = new SeededRandom(seed).fork(method);
  const tries = rounds.flatMap(({ count, ranges }, round) =>
    Array.from({ length: count }, (_, i): [string, Record<string, unknown>] => {
      const own = random.fork(`${round} ${i}`);
      const values = settings.map((place) => {
        const of = ranges[place];
        if (of === undefined)
          throw new KitError(
            'invalid-spec',
            `${method} searches ${place}, but search.rounds.${round}.ranges has no range for it; it has ${Object.keys(ranges).join(', ')}.`,
          );
        return [place, draw(own.fork(place), of)] as const;
      });
      const label = values.map(([place, value]) => `${place.split('.').at(-1)} ${value}`).join(', ');
      return [label, nested(values)];
    }),
  );
  const seen = new Map<string, number>();
  return tries.map(([label, over]) => {
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    return [before === 0 ? label : `${label} (${before + 1})`, over];
  });
}

function draw(random: SeededRandom, of: SearchRange): unknown {
  if ('choices' in of) return of.choices[random.integer(of.choices.length)];
  const value = Math.exp(Math.log(of.from) + random.uniform() * Math.log(of.to / of.from));
  return Number(value.toPrecision(2));
}

/** `a.b` and `a.c` share their `a`. */
function nested(values: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [place, value] of values) {
    const keys = place.split('.');
    let at = root;
    for (const key of keys.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[keys[keys.length - 1]] = value;
  }
  return root;
}

/** Outer share of a range, on its scale, in which the best try says that better ones may lie outside. */
const EDGE = 0.1;
const WIDER = 3;

export interface ChosenTry {
  readonly method: string;
  readonly tries: number;
  /** Record of the best try, by validation Recall@1, among equals by MAP@R of the same step, then the first by id. */
  readonly record: RunRecord;
  readonly validationRecallAt1: number;
  /** What the tries set, of this one. */
  readonly over: Record<string, unknown>;
  /** Settings whose best value lies at an end of its range. */
  readonly atEdge: readonly { readonly place: string; readonly end: 'from' | 'to' }[];
}

function meanAveragePrecisionOf({ curve, chosenStep }: RunRecord): number {
  return curve.find(({ step }) => step === chosenStep)?.validationMeanAveragePrecisionAtR ?? 0;
}

/** The best try of each method among its records. */
export function chooseTry(
  search: Search,
  method: string,
  settings: readonly string[],
  records: readonly RunRecord[],
): ChosenTry {
  const tries = new Map(
    drawTries(search, method, settings).map(([label, over]) => [`${method} · ${label}`, over]),
  );
  const own = records.filter((record) => tries.has(record.method));
  const missing = tries.size - new Set(own.map((record) => record.method)).size;
  if (missing > 0)
    throw new KitError(
      'invalid-argument',
      `${missing} of the ${tries.size} tries of ${method} have no record yet. Run them first: every method is to have equally many.`,
    );
  const [record] = [...own].sort(
    (a, b) =>
      bestValidationRecallAt1(b) - bestValidationRecallAt1(a) ||
      meanAveragePrecisionOf(b) - meanAveragePrecisionOf(a) ||
      a.id.localeCompare(b.id),
  );
  const over = tries.get(record.method) as Record<string, unknown>;
  const { ranges } = search.rounds[search.rounds.length - 1];
  const atEdge = settings.flatMap((place): ChosenTry['atEdge'][number][] => {
    const of = ranges[place];
    if (!('from' in of)) return [];
    const share = Math.log((settingAt(over, place) as number) / of.from) / Math.log(of.to / of.from);
    return share < EDGE ? [{ place, end: 'from' }] : share > 1 - EDGE ? [{ place, end: 'to' }] : [];
  });
  return {
    method,
    tries: tries.size,
    record,
    validationRecallAt1: bestValidationRecallAt1(record),
    over,
    atEdge,
  };
}

/** A search with one more round for all methods, over ranges that reach three times as far where a best try lay at an end. */
export function widened(search: Search, chosen: readonly ChosenTry[]): Search {
  const last = search.rounds[search.rounds.length - 1];
  const ranges = { ...last.ranges };
  for (const { place, end } of chosen.flatMap(({ atEdge }) => atEdge)) {
    const of = last.ranges[place];
    if (!('from' in of)) continue;
    const now = ranges[place] as typeof of;
    ranges[place] = end === 'from' ? { ...now, from: of.from / WIDER } : { ...now, to: of.to * WIDER };
  }
  return { ...search, rounds: [...search.rounds, { count: Math.ceil(last.count / 2), ranges }] };
}
