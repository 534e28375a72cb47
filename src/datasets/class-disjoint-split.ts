import { KitError } from '../kit-error.js';
import { SeededRandom } from '../seeded-random.js';
import type { ImageSet } from '../types/image-set.js';

export interface ClassDisjointSplitOptions {
  /** Shares of the classes, 0 to 1; together at most 1. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly seed: number;
}

/** Item indices, in the order of the set. No class stands in two of them. */
export interface ClassDisjointSplit {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/**
 * Splits a set by class: test classes first, so that they stay the same whatever the shares of the rest.
 *
 * @throws KitError `invalid-dataset` when a split would hold fewer than two classes, `invalid-argument` when the
 *   shares ask for more classes than there are
 */
export function classDisjointSplit(
  set: Pick<ImageSet, 'name' | 'items' | 'classNames'>,
  options: ClassDisjointSplitOptions,
): ClassDisjointSplit {
  const classes = set.classNames.length;
  const asked = options.train + options.validation + options.test;
  if (asked > 1 + 1e-9) {
    throw new KitError(
      'invalid-argument',
      `The split of ${set.name} asks for ${asked} of its ${classes} classes; train, validation and test together may be 1 at most.`,
    );
  }
  const order = new SeededRandom(options.seed)
    .fork('split')
    .shuffle(Array.from({ length: classes }, (_, i) => i));
  const roles: (keyof ClassDisjointSplit)[] = new Array(classes);
  let start = 0;
  for (const role of ['test', 'train', 'validation'] as const) {
    const count = Math.min(classes - start, Math.round(options[role] * classes));
    if (count < 2) {
      throw new KitError(
        'invalid-dataset',
        `${set.name} has ${classes} classes, of which ${options[role]} for ${role} makes ${count}; each of train, validation and test needs two or more. Add classes or change the shares in split.`,
      );
    }
    for (const label of order.slice(start, start + count)) roles[label] = role;
    start += count;
  }
  const itemsOf = (role: keyof ClassDisjointSplit) =>
    [...set.items.keys()].filter((index) => roles[set.items[index].label] === role);
  return { train: itemsOf('train'), validation: itemsOf('validation'), test: itemsOf('test') };
}
