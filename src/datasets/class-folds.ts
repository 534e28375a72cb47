import { KitError } from '../kit-error.js';
import { SeededRandom } from '../seeded-random.js';
import type { ImageSet } from '../types/image-set.js';
import type { ClassDisjointSplit } from './class-disjoint-split.js';
import { splitByClasses } from './paper-split.js';

export interface ClassFoldOptions {
  /** How many folds. */
  readonly count: number;
  /** The one whose classes are the test classes, from 0. */
  readonly fold: number;
  /** Share of the classes outside the fold that settings and the step are chosen on, 0 to 1. */
  readonly validation: number;
  readonly seed: number;
}

/**
 * One fold of a cross-validation over classes: all classes of a set, whatever side papers put them on, are dealt into
 * `count` groups whose sizes differ by one at most; one group is the test classes, the others train and validate. Over all
 * folds every class is tested once.
 *
 * @throws KitError `invalid-argument` for a fold that is not there, `invalid-dataset` when a side would hold fewer
 *   than two classes
 */
export function classFold(
  set: Pick<ImageSet, 'name' | 'items' | 'classNames' | 'partial'>,
  { count, fold, validation, seed }: ClassFoldOptions,
): ClassDisjointSplit {
  if (!Number.isInteger(fold) || fold < 0 || fold >= count) {
    throw new KitError(
      'invalid-argument',
      `The split of ${set.name} asks for fold ${fold} of ${count}; they are counted from 0 to ${count - 1}.`,
    );
  }
  const present = [...new Set(set.items.map(({ label }) => label))].sort((a, b) => a - b);
  const order = new SeededRandom(seed).fork('folds').shuffle(present);
  const test = order.filter((_, place) => place % count === fold);
  const rest = order.filter((_, place) => place % count !== fold);
  const held = Math.round(validation * rest.length);
  return splitByClasses(set, { train: rest.slice(held), validation: rest.slice(0, held), test });
}
