import type { SeededRandom } from '../runtime/seeded-random.js';
import { itemsByClass } from './items-by-class.js';

export interface HardClassNPairSamplerOptions {
  /** Label of each item. */
  readonly labels: ArrayLike<number>;
  /** N: classes in a batch. */
  readonly classes: number;
  /** C: classes drawn at random, among which the hard ones are looked for; N or more. */
  readonly candidates: number;
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
  private readonly byClass: readonly number[][];
  private readonly representatives = new Map<number, readonly number[]>();

  /** @throws KitError `invalid-argument` when there are fewer than `candidates` classes of two items or more */
  constructor(private readonly options: HardClassNPairSamplerOptions) {
    this.byClass = itemsByClass(options.labels, Math.max(options.classes, options.candidates), 2);
  }

  /** Keeps the embeddings of a batch as representatives. @param labels of the rows */
  observe(labels: ArrayLike<number>, rows: readonly (readonly number[])[]): void {
    for (const [i, row] of rows.entries()) this.representatives.set(labels[i], row);
  }

  /** Positions into `labels`: rows 2i and 2i+1 are of class i. */
  batch(random: SeededRandom): number[] {
    const { classes, candidates, labels } = this.options;
    const [first, ...rest] = random.shuffle(this.byClass).slice(0, candidates);
    const chosen = [first];
    const violations = rest.map(() => Number.NEGATIVE_INFINITY);
    while (chosen.length < classes) {
      const latest = this.representatives.get(labels[chosen[chosen.length - 1][0]]);
      for (const [i, items] of rest.entries()) {
        const own = this.representatives.get(labels[items[0]]);
        if (latest === undefined || own === undefined) continue;
        violations[i] = Math.max(
          violations[i],
          own.reduce((sum, value, j) => sum + value * latest[j], 0),
        );
      }
      const hardest = violations.reduce((best, value, i) => (value > violations[best] ? i : best), 0);
      chosen.push(...rest.splice(hardest, 1));
      violations.splice(hardest, 1);
    }
    return chosen.flatMap((items) => random.shuffle(items).slice(0, 2));
  }
}
