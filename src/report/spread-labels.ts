/**
 * Places for labels that would cover each other: as near to `values` as least squares can while any two are `gap`
 * or more apart, in the same order.
 */
export function spreadLabels(values: readonly number[], gap: number): number[] {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b] || a - b);
  // With i · gap taken off, "gap apart" becomes "not falling": isotonic regression by pooling adjacent violators.
  const pools: { sum: number; size: number }[] = [];
  for (const [i, label] of order.entries()) {
    pools.push({ sum: values[label] - i * gap, size: 1 });
    while (pools.length > 1) {
      const [below, last] = pools.slice(-2);
      if (below.sum / below.size <= last.sum / last.size) break;
      pools.splice(-2, 2, { sum: below.sum + last.sum, size: below.size + last.size });
    }
  }
  const fitted = pools.flatMap(({ sum, size }) => Array<number>(size).fill(sum / size));
  const places = new Array<number>(values.length);
  for (const [i, label] of order.entries()) places[label] = fitted[i] + i * gap;
  return places;
}
