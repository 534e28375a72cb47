import { KitError } from '../kit-error.js';
import { SeededRandom } from '../seeded-random.js';
import type { ImageSet } from '../types/image-set.js';
import type { ClassDisjointSplit } from './class-disjoint-split.js';

export interface HeldOutPicturesSplitOptions {
  /** Share of the classes that are tested on, 0 to 1; the others are trained on. */
  readonly test: number;
  /** Share of each training class's pictures that validation takes, 0 to 1. */
  readonly validation: number;
  readonly seed: number;
}

/**
 * A split for few classes: test classes as in `classDisjointSplit`; validation takes pictures of the training classes,
 * two or more of each, since classes of its own would leave too few to train on. So it chooses the step by classes that the
 * network knows, by pictures that it does not. A class too small to give two and keep two is trained on whole.
 *
 * @throws KitError `invalid-dataset` when there would be fewer than two training or test classes, or fewer than two classes
 *   in validation
 */
export function heldOutPicturesSplit(
  set: Pick<ImageSet, 'name' | 'items' | 'classNames'>,
  { test, validation, seed }: HeldOutPicturesSplitOptions,
): ClassDisjointSplit {
  const classes = set.classNames.length;
  const random = new SeededRandom(seed);
  const order = random.fork('split').shuffle(Array.from({ length: classes }, (_, i) => i));
  const testClasses = new Set(order.slice(0, Math.round(test * classes)));
  const itemsOf = (label: number) => [...set.items.keys()].filter((item) => set.items[item].label === label);
  const trainClasses = order.slice(testClasses.size);
  const heldOut = new Set(
    trainClasses.flatMap((label) => {
      const items = itemsOf(label);
      const count = Math.min(items.length - 2, Math.max(2, Math.round(validation * items.length)));
      return count < 2 ? [] : random.fork(`pictures of ${label}`).shuffle(items).slice(0, count);
    }),
  );
  const inValidation = new Set([...heldOut].map((item) => set.items[item].label)).size;
  for (const [role, count] of [
    ['test', testClasses.size],
    ['training', trainClasses.length],
    ['validation', inValidation],
  ] as const) {
    if (count >= 2) continue;
    throw new KitError(
      'invalid-dataset',
      `${set.name} has ${classes} classes, which makes ${count} for ${role}; training, validation and test need two or more each, of four pictures or more in training. Add classes or pictures.`,
    );
  }
  const all = [...set.items.keys()];
  return {
    train: all.filter((item) => !testClasses.has(set.items[item].label) && !heldOut.has(item)),
    validation: all.filter((item) => heldOut.has(item)),
    test: all.filter((item) => testClasses.has(set.items[item].label)),
  };
}
