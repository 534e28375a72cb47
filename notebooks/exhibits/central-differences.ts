/** The gradient of a function of points by central differences, an error of about h². */
export function centralDifferences(
  value: (points: number[][]) => number,
  points: number[][],
  h = 1e-5,
): number[][] {
  const moved = (i: number, k: number, by: number) =>
    points.map((row, j) => (j === i ? row.map((v, l) => (l === k ? v + by : v)) : row));
  return points.map((row, i) =>
    row.map((_, k) => (value(moved(i, k, h)) - value(moved(i, k, -h))) / (2 * h)),
  );
}

/** The largest difference of two gradients, in units of the first one's largest entry. */
export function largestDifference(expected: number[][], given: number[][]): number {
  const scale = Math.max(...expected.flat().map(Math.abs));
  return Math.max(...expected.flatMap((row, i) => row.map((v, k) => Math.abs(v - given[i][k])))) / scale;
}
