import { type ContingencyTable, contingencyTable, entropy, mutualInformation } from './contingency-table.js';

/**
 * AMI (Vinh et al. 2010): mutual information above what random labelings of the same class sizes share, by
 * the arithmetic mean of the entropies. Unlike NMI it is near 0 for random labels, whatever their number.
 *
 * @returns 1 for equal partitions, about 0 for unrelated ones, possibly below
 */
export function adjustedMutualInformation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const table = contingencyTable(a, b);
  const { n, rowSums, columnSums } = table;
  const oneEach = rowSums.length === 1 && columnSums.length === 1;
  const allApart = rowSums.length === n && columnSums.length === n;
  if (oneEach || allApart) return 1;
  const expected = adjustmentOf(table);
  const mean = (entropy(rowSums, n) + entropy(columnSums, n)) / 2;
  const span = mean - expected;
  // An expected information equal to the entropies leaves nothing to adjust; the sign keeps the limit.
  const safe = Math.abs(span) < Number.EPSILON ? Math.sign(span || 1) * Number.EPSILON : span;
  return (mutualInformation(table) - expected) / safe;
}

/**
 * The mutual information, in nats, that random labelings of the same class sizes share: exact, under the
 * hypergeometric model. Pairs of classes of the same two sizes are computed once, which keeps it fast for ten
 * thousand classes.
 */
export function adjustmentOf({ n, rowSums, columnSums }: ContingencyTable): number {
  const logFactorial = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) logFactorial[i] = logFactorial[i - 1] + Math.log(i);
  const columns = [...sizeCounts(columnSums)];
  let expected = 0;
  for (const [row, rowCount] of sizeCounts(rowSums)) {
    for (const [column, columnCount] of columns) {
      const fixed =
        logFactorial[row] +
        logFactorial[column] +
        logFactorial[n - row] +
        logFactorial[n - column] -
        logFactorial[n];
      let sum = 0;
      for (let both = Math.max(1, row + column - n); both <= Math.min(row, column); both++) {
        const logProbability =
          fixed -
          logFactorial[both] -
          logFactorial[row - both] -
          logFactorial[column - both] -
          logFactorial[n - row - column + both];
        sum += (both / n) * Math.log((n * both) / (row * column)) * Math.exp(logProbability);
      }
      expected += rowCount * columnCount * sum;
    }
  }
  return expected;
}

function sizeCounts(sizes: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return counts;
}
