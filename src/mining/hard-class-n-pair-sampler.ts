import { KitError } from '../kit-error.js';
import type { SeededRandom } from '../seeded-random.js';
import { itemsByClass } from './items-by-class.js';

export interface HardClassNPairSamplerOptions {
  /** Label of each item. */
  readonly labels: ArrayLike<number>;
  /** N: classes in a batch. */
  readonly classes: number;
  /** C: classes drawn at random, among which the hard ones are looked for; N at least. */
  readonly candidates: number;
  /** d, of the embeddings. */
  readonly dimension: number;
}

/**
 * N-pair batches by hard negative class mining (Sohn 2016, section 3.2.1): draw C classes at random, start from one of
 * them, then add greedily the class that violates most against those chosen so far, until there are N; then two items
 * of each. The violation of a class is the largest product of its representative with a chosen one's: our reading of
 * "violates the triplet constraint the most", since all anchor–positive products enter every comparison alike.
 *
 * Representatives are the latest embedding seen of each class; a class not seen yet is never preferred.
 */
export class HardClassNPairSampler {
  /** Classes × d, row-major, NaN where a class was not seen yet. All that the sampler remembers: it belongs to a checkpoint. */
  readonly representatives: Float32Array;
  private readonly byClass: readonly number[][];
  private readonly rowOf: ReadonlyMap<number, number>;

  /** @throws KitError `invalid-argument` for fewer candidates than classes, or fewer classes of two items or more than candidates */
  constructor(private readonly options: HardClassNPairSamplerOptions) {
    const { labels, classes, candidates, dimension } = options;
    if (candidates < classes) {
      throw new KitError(
        'invalid-argument',
        `${candidates} candidates are fewer than the ${classes} classes to choose.`,
      );
    }
    this.byClass = itemsByClass(labels, candidates, 2);
    this.rowOf = new Map(this.byClass.map((items, row) => [labels[items[0]], row]));
    this.representatives = new Float32Array(this.byClass.length * dimension).fill(Number.NaN);
  }

  /** Keeps the embeddings of a batch, [n, d] row-major, as representatives. @param labels of the rows */
  observe(labels: ArrayLike<number>, embeddings: Float32Array): void {
    const { dimension } = this.options;
    for (let i = 0; i < labels.length; i++) {
      const row = this.rowOf.get(labels[i]);
      if (row === undefined) continue;
      this.representatives.set(embeddings.subarray(i * dimension, (i + 1) * dimension), row * dimension);
    }
  }

  /** Positions into `labels`: rows 2i and 2i+1 are of class i. */
  batch(random: SeededRandom): number[] {
    const { classes, candidates } = this.options;
    const [first, ...rest] = random.shuffle([...this.byClass.keys()]).slice(0, candidates);
    const chosen = [first];
    const violations = rest.map(() => Number.NEGATIVE_INFINITY);
    while (chosen.length < classes) {
      const latest = chosen[chosen.length - 1];
      for (const [i, row] of rest.entries()) {
        const violation = this.product(row, latest);
        if (violation > violations[i]) violations[i] = violation;
      }
      const hardest = violations.reduce((best, value, i) => (value > violations[best] ? i : best), 0);
      chosen.push(...rest.splice(hardest, 1));
      violations.splice(hardest, 1);
    }
    return chosen.flatMap((row) => random.shuffle(this.byClass[row]).slice(0, 2));
  }

  private product(row: number, other: number): number {
    const { dimension } = this.options;
    let sum = 0;
    for (let i = 0; i < dimension; i++) {
      sum += this.representatives[row * dimension + i] * this.representatives[other * dimension + i];
    }
    return sum;
  }
}
