/** Central differences in float64 of a function of n × d numbers. */
export function centralDifferences(
  f: (points: number[][]) => number,
  points: number[][],
  step = 1e-6,
): number[][] {
  return points.map((row, i) =>
    row.map((_, j) => {
      const moved = (by: number) =>
        points.map((r, k) => (k === i ? r.map((v, l) => (l === j ? v + by : v)) : r));
      return (f(moved(step)) - f(moved(-step))) / (2 * step);
    }),
  );
}
