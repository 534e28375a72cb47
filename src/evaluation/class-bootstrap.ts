import { SeededRandom } from '../seeded-random.js';
import { adjustmentOf } from './adjusted-mutual-information.js';
import { contingencyTable } from './contingency-table.js';
import type { PositiveRanks } from './positive-ranks.js';

/** Low and high end of a 95% interval. */
export type Interval = readonly [low: number, high: number];

/**
 * A score as a ratio of two sums over classes. A class drawn twice counts twice in both; its rows are not
 * doubled, which would make pairs and clusters that are not there.
 */
export interface ClassShares {
  readonly numerators: Float64Array;
  readonly denominators: Float64Array;
}

/**
 * Percentile bootstrap over classes (Efron 1979): classes are drawn with replacement, as many as there are, and
 * the score is taken of those drawn. Says how much of a score hangs on which classes the test set happens to
 * hold; neighbours and clusters are those of the whole table, and the choice of the k-means seed is not in it.
 *
 * @param scores every score is taken of the same drawn classes
 */
export function bootstrapIntervals(
  scores: Readonly<Record<string, ClassShares>>,
  { draws, seed }: { readonly draws: number; readonly seed: number },
): Record<string, Interval> {
  const random = new SeededRandom(seed).fork('bootstrap over classes');
  const shares = Object.values(scores);
  const classes = shares[0].numerators.length;
  const drawn = shares.map(() => new Float64Array(draws));
  for (let draw = 0; draw < draws; draw++) {
    const tops = new Float64Array(shares.length);
    const bottoms = new Float64Array(shares.length);
    for (let i = 0; i < classes; i++) {
      const picked = random.integer(classes);
      for (let s = 0; s < shares.length; s++) {
        tops[s] += shares[s].numerators[picked];
        bottoms[s] += shares[s].denominators[picked];
      }
    }
    for (let s = 0; s < shares.length; s++) drawn[s][draw] = bottoms[s] === 0 ? 0 : tops[s] / bottoms[s];
  }
  return Object.fromEntries(
    Object.keys(scores).map((name, s) => {
      const sorted = drawn[s].sort();
      const quantile = (share: number) => sorted[Math.round(share * (draws - 1))];
      return [name, [quantile(0.025), quantile(0.975)]];
    }),
  );
}

/** Classes in the order in which they first appear, and the class of each row. */
export function classIndex(labels: Int32Array): { classOf: Int32Array; classes: number } {
  const known = new Map<number, number>();
  const classOf = Int32Array.from(labels, (label) => {
    const index = known.get(label) ?? known.size;
    known.set(label, index);
    return index;
  });
  return { classOf, classes: known.size };
}

/** The mean over queries of a number each. */
export function retrievalShares(
  ranks: PositiveRanks,
  labels: Int32Array,
  value: (query: number) => number,
): ClassShares {
  const { classOf, classes } = classIndex(labels);
  const numerators = new Float64Array(classes);
  const denominators = new Float64Array(classes);
  for (const [query, row] of ranks.queries.entries()) {
    numerators[classOf[row]] += value(query);
    denominators[classOf[row]]++;
  }
  return { numerators, denominators };
}

/** NMI, AMI and pairwise F1 of a clustering, each class's part in them; rows' parts go to the rows' classes. */
export function clusteringShares(labels: Int32Array, clusters: Int32Array) {
  const table = contingencyTable(labels, clusters);
  const { n, rowSums, columnSums, cells } = table;
  const information = new Float64Array(rowSums.length);
  const entropies = Float64Array.from(rowSums, (size) => -(size / n) * Math.log(size / n));
  const truePairs = new Float64Array(rowSums.length);
  const pairs = Float64Array.from(rowSums, (size) => (size * (size - 1)) / 2);
  for (const { row, column, count } of cells) {
    information[row] += (count / n) * Math.log((n * count) / (rowSums[row] * columnSums[column]));
    entropies[row] -= (count / n) * Math.log(columnSums[column] / n);
    truePairs[row] += count * (count - 1);
    pairs[row] += (count * (columnSums[column] - 1)) / 2;
  }
  const expected = adjustmentOf(table);
  const share = (values: Float64Array, factor: number, less: number) =>
    values.map((value, row) => factor * value - (less * rowSums[row]) / n);
  return {
    normalizedMutualInformation: { numerators: share(information, 2, 0), denominators: entropies },
    adjustedMutualInformation: {
      numerators: share(information, 1, expected),
      denominators: share(entropies, 0.5, expected),
    },
    pairwiseF1: { numerators: truePairs, denominators: pairs },
  } satisfies Record<string, ClassShares>;
}
