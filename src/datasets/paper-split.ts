import { KitError } from '../kit-error.js';
import { SeededRandom } from '../seeded-random.js';
import type { ImageSet } from '../types/image-set.js';
import type { ClassDisjointSplit } from './class-disjoint-split.js';

/** Which classes a paper trains on and tests on: indices into `classNames`. */
export interface ClassSplit {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** A set with the class-disjoint split that papers use for it. */
export interface SplitImageSet extends ImageSet {
  readonly split: ClassSplit;
}

/**
 * The split that papers use, with part of the training classes held out to choose settings on: the test
 * classes are never touched for that.
 *
 * @param options.validation share of the training classes, 0 to 1
 * @throws KitError `invalid-dataset` when a side would hold fewer than two classes, as in a partial copy
 */
export function paperSplit(
  set: SplitImageSet,
  options: { readonly validation: number; readonly seed: number },
): ClassDisjointSplit {
  const order = new SeededRandom(options.seed).fork('split').shuffle(set.split.train);
  const held = Math.round(options.validation * order.length);
  return splitByClasses(set, {
    train: order.slice(held),
    validation: order.slice(0, held),
    test: set.split.test,
  });
}

/**
 * A split of classes given by hand, for example the first 100 against the rest.
 *
 * @param classes indices into `classNames`; a side may be left empty only if it is `validation`
 * @throws KitError `invalid-dataset` when a class stands on two sides or a side has one class or none,
 *   `invalid-argument` when a class is asked for that is not there
 */
export function splitByClasses(
  set: Pick<ImageSet, 'name' | 'items' | 'classNames' | 'partial'>,
  classes: ClassSplit & { readonly validation: readonly number[] },
): ClassDisjointSplit {
  const sideOf = new Map<number, keyof ClassDisjointSplit>();
  for (const side of ['train', 'validation', 'test'] as const) {
    for (const label of classes[side]) {
      if (set.classNames[label] === undefined) {
        throw new KitError(
          'invalid-argument',
          `The split of ${set.name} asks for class ${label} in ${side}; it has ${set.classNames.length} classes, counted from 0.`,
        );
      }
      const other = sideOf.get(label);
      if (other !== undefined) {
        throw new KitError(
          'invalid-dataset',
          `Class ${set.classNames[label]} of ${set.name} stands in ${other} and in ${side}; a class may stand on one side only.`,
        );
      }
      sideOf.set(label, side);
    }
    const count = classes[side].length;
    if (count === 1 || (count === 0 && side !== 'validation')) {
      throw new KitError(
        'invalid-dataset',
        `${set.name} has ${count === 0 ? 'no class' : 'one class'} for ${side}${set.partial === undefined ? '' : ` (${set.partial})`}; two or more are needed. Complete the data set, or split what is there by shares.`,
      );
    }
  }
  const itemsOf = (side: keyof ClassDisjointSplit) =>
    [...set.items.keys()].filter((index) => sideOf.get(set.items[index].label) === side);
  return { train: itemsOf('train'), validation: itemsOf('validation'), test: itemsOf('test') };
}
