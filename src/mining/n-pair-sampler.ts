import { MPerClassSampler } from './m-per-class-sampler.js';

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
export class NPairSampler extends MPerClassSampler {
  /** @throws KitError `invalid-argument` when there are fewer than `classes` classes of two items or more */
  constructor({ labels, classes }: NPairSamplerOptions) {
    super({ labels, classes, imagesPerClass: 2 });
  }
}
