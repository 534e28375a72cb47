/**
 * Holm's step-down correction (Holm 1979): the p-values of all comparisons of one table, each as large as it must be so
 * that the chance of one false finding or more among them stays below the level. Never less powerful than Bonferroni's.
 *
 * @returns in the order given, 0 to 1
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]));
    adjusted[i] = largest;
  }
  return adjusted;
}
