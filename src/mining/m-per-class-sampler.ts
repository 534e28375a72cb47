import type { SeededRandom } from '../seeded-random.js';
import { itemsByClass } from './items-by-class.js';

export interface MPerClassSamplerOptions {
  /** Label of each item. */
  readonly labels: ArrayLike<number>;
  /** Different classes in a batch. */
  readonly classes: number;
  /** M: items of each class. A class with fewer (but two at least) gives all that it has. */
  readonly imagesPerClass: number;
}

/** Batches of M items of each of so many classes, class after class. Classes with one item are never drawn. */
export class MPerClassSampler {
  private readonly byClass: readonly number[][];

  /** @throws KitError `invalid-argument` when there are fewer than `classes` classes of two items or more */
  constructor(private readonly options: MPerClassSamplerOptions) {
    this.byClass = itemsByClass(options.labels, options.classes, 2);
  }

  /** Positions into `labels`. */
  batch(random: SeededRandom): number[] {
    return random
      .shuffle(this.byClass)
      .slice(0, this.options.classes)
      .flatMap((items) => random.shuffle(items).slice(0, this.options.imagesPerClass));
  }
}
