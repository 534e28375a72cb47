import { KitError } from '../kit-error.js';
import { requireClassLabels } from '../types/class-labels.js';

/**
 * Positions of each class, classes with fewer than `atLeast` positions left out.
 *
 * @throws KitError `invalid-argument` when fewer than `classes` remain
 */
export function itemsByClass(labels: ArrayLike<number>, classes: number, atLeast: number): number[][] {
  requireClassLabels(labels);
  const byLabel = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const items = byLabel.get(labels[i]);
    if (items === undefined) byLabel.set(labels[i], [i]);
    else items.push(i);
  }
  const usable = [...byLabel.values()].filter((items) => items.length >= atLeast);
  if (usable.length < classes) {
    throw new KitError(
      'invalid-argument',
      `A batch asks for ${classes} classes, but only ${usable.length} training classes have at least ${atLeast} pictures. Lower batch.classes.`,
    );
  }
  return usable;
}
