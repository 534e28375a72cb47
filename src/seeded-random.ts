import seedrandom from 'seedrandom';

/**
 * The one source of randomness. Streams are named, not shared: `fork` derives an independent
 * stream from the seed and a name, so that step 700 draws the same numbers whether or not the run
 * was interrupted before it.
 */
export class SeededRandom {
  private readonly generator: seedrandom.PRNG;

  constructor(private readonly seed: string | number) {
    this.generator = seedrandom.alea(String(seed));
  }

  /** An independent stream; the same seed and name always give the same one. */
  fork(name: string | number): SeededRandom {
    return new SeededRandom(`${this.seed}/${name}`);
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return this.generator.double();
  }

  /** A whole number in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.generator.double() * bound);
  }

  /** Standard normal (Box–Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(values: ArrayLike<T>): T[] {
    const shuffled = Array.from(values);
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
    }
    return shuffled;
  }
}
