/** Where a method stands among others, 1 the best. */
export interface RankInterval {
  readonly name: string;
  readonly mean: number;
  /** By mean. */
  readonly rank: number;
  /** The ranks that it may have: all but those that the comparisons exclude. */
  readonly best: number;
  readonly worst: number;
}

/**
 * The data of a rank plot. A method's best rank is one past the number of methods that are surely better, its worst the
 * number of methods less those that are surely worse (Mogstad, Romano, Shaikh & Wilhelm 2024, "Inference for ranks"): with
 * comparisons that are corrected for their number, all intervals hold together.
 *
 * @param surelyBetter whether the first method is better than the second by a comparison after its correction
 */
export function rankIntervals(
  methods: readonly { readonly name: string; readonly mean: number }[],
  surelyBetter: (first: string, second: string) => boolean,
): RankInterval[] {
  return [...methods]
    .sort((a, b) => b.mean - a.mean)
    .map(({ name, mean }, place) => {
      const count = (counts: (other: string) => boolean) =>
        methods.filter((other) => other.name !== name && counts(other.name)).length;
      return {
        name,
        mean,
        rank: place + 1,
        best: 1 + count((other) => surelyBetter(other, name)),
        worst: methods.length - count((other) => surelyBetter(name, other)),
      };
    });
}
