import type { Point } from 'angular-loss-kit';

export interface EqualScaleFrame {
  readonly width: number;
  readonly height: number;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/**
 * The frame of a chart of points of the plane in which a unit is as long across as up, so that directions are right.
 *
 * @param longestSide in points
 * @returns with a margin of an eighth of the longer side; the shorter is three fifths of the longer at least
 */
export function equalScaleFrame(points: readonly Point[], longestSide: number): EqualScaleFrame {
  const ranges = [0, 1].map((k) => {
    const values = points.map((point) => point[k]);
    return [Math.min(...values), Math.max(...values)] as const;
  });
  const longest = Math.max(...ranges.map(([low, high]) => high - low)) || 1;
  const sides = ranges.map(([low, high]) => Math.max(high - low, 0.5 * longest) + longest / 4);
  const [x, y] = ranges.map(([low, high], k): [number, number] => {
    const middle = (low + high) / 2;
    return [middle - sides[k] / 2, middle + sides[k] / 2];
  });
  const [width, height] = sides.map((side) => Math.round((longestSide * side) / Math.max(...sides)));
  return { width, height, x, y };
}
