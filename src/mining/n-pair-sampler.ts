import type { SeededRandom } from '../runtime/seeded-random.js';
import { itemsByClass } from './items-by-class.js';

export interface NPairSamplerOptions {
  /** Label of each item. */
  readonly labels: ArrayLike<number>;
  /** N: different classes in a batch. */
  readonly classes: number;
}

/**
 * N-pair batches (Sohn 2016): N classes, two items of each, the anchor in row 2i and the positive in row
 * 2i+1. Classes with one item are never drawn.
 */
export class NPairSampler {
  private readonly byClass: readonly number[][];

  /** @throws KitError `invalid-argument` when there are fewer than `classes` classes of two items or more */
  constructor(private readonly options: NPairSamplerOptions) {
    this.byClass = itemsByClass(options.labels, options.classes, 2);
  }

  /** Positions into `labels`, 2N of them. */
  batch(random: SeededRandom): number[] {
    return random
      .shuffle(this.byClass)
      .slice(0, this.options.classes)
      .flatMap((items) => random.shuffle(items).slice(0, 2));
  }
}
