import { type Point, reference, type Triangle } from 'angular-loss-kit';

// What descent does to the points of one triangle: on the whole hinge, or in the negative alone on an angle.

const distance = (x: Point, y: Point) => Math.hypot(...x.map((value, i) => value - y[i]));
const stepped = (x: Point, gradient: Point, rate: number) => x.map((value, i) => value - rate * gradient[i]);

/** Descends the angular hinge in all three points until it is zero. */
export function descendHinge(
  start: Triangle,
  alphaDegrees: number,
  { rate = 0.01, steps = 10_000 }: { rate?: number; steps?: number } = {},
): { readonly end: Triangle; readonly loss: number; readonly path: readonly Triangle[] } {
  const path = [start];
  for (let step = 0; step < steps; step++) {
    const { anchor, positive, negative } = path[path.length - 1];
    const { loss, gradient } = reference.angularHinge(anchor, positive, negative, alphaDegrees);
    if (loss === 0) break;
    path.push({
      anchor: stepped(anchor, gradient.anchor, rate),
      positive: stepped(positive, gradient.positive, rate),
      negative: stepped(negative, gradient.negative, rate),
    });
  }
  const end = path[path.length - 1];
  return {
    end,
    loss: reference.angularHinge(end.anchor, end.positive, end.negative, alphaDegrees).loss,
    path,
  };
}

/** In words: whether anything moved, whether the points have met, and whether the negative ends nearer to the anchor than the positive. */
export function endInWords({ path, loss }: Pick<ReturnType<typeof descendHinge>, 'path' | 'loss'>): string {
  const { anchor, positive, negative } = path[path.length - 1];
  const toPositive = distance(anchor, positive);
  const toNegative = distance(anchor, negative);
  const size = Math.max(
    distance(path[0].anchor, path[0].positive),
    distance(path[0].anchor, path[0].negative),
  );
  if (loss > 0) return 'it still costs something';
  const met = Math.max(toPositive, toNegative) < 1e-6 * size;
  if (met) return 'all three have met: zero loss, and nobody is the nearer';
  const nearer = toNegative < toPositive ? 'the negative is nearer' : 'the positive is not farther';
  return path.length === 1 ? `nothing moves, the bound is met from the start; ${nearer}` : nearer;
}

export type Angle = (triangle: Triangle) => number;

/** The direction, of length 1, in which a small move of the negative makes the angle smaller fastest; zeros where it has none. */
export function descentDirection(angle: Angle, triangle: Triangle): number[] {
  const h = 1e-5;
  const moved = (i: number, by: number) =>
    angle({ ...triangle, negative: triangle.negative.map((value, k) => (k === i ? value + by : value)) });
  const slope = triangle.negative.map((_, i) => (moved(i, h) - moved(i, -h)) / (2 * h));
  const length = Math.hypot(...slope);
  return slope.map((value) => (length > 0 ? -value / length : 0));
}

/** Moves the negative alone, a hundredth at a time, until the angle is α or less. */
export function boundAngle(angle: Angle, start: Triangle, alphaDegrees: number): Triangle {
  let triangle = start;
  for (let step = 0; step < 2000 && angle(triangle) > alphaDegrees; step++) {
    const direction = descentDirection(angle, triangle);
    triangle = { ...triangle, negative: stepped(triangle.negative, direction, -0.01) };
  }
  return triangle;
}

export interface BoundedNegatives {
  readonly starts: number;
  /** Of the starts: those that satisfy the bound already. */
  readonly satisfied: number;
  /** First steps that bring the negative nearer to the anchor, and to the positive. */
  readonly nearerAnchor: number;
  readonly nearerPositive: number;
  /** First steps that point to the line through anchor and positive although the negative stands beside them, ∠a or ∠p > 90°. */
  readonly toTheLine: number;
  /** The least distance of any end to anchor or positive, in units of ‖a−p‖. */
  readonly leastDistance: number;
  /** Ends nearer to the anchor than the positive is, or nearer to the positive than the anchor is. */
  readonly wrongNeighbours: number;
}

/** Bounds an angle by α from each start in turn, anchor (−1, 0) and positive (1, 0) fixed, and counts. */
export function boundedNegatives(
  angle: Angle,
  starts: readonly Point[],
  alphaDegrees: number,
): BoundedNegatives {
  const [anchor, positive] = [
    [-1, 0],
    [1, 0],
  ];
  const triangles = starts.map((negative) => ({ anchor, positive, negative }));
  const moves = triangles.map((triangle) => ({ ...triangle, direction: descentDirection(angle, triangle) }));
  const nearer = (to: Point) =>
    moves.filter(
      ({ negative, direction: [dx, dy] }) => dx * (to[0] - negative[0]) + dy * (to[1] - negative[1]) > 1e-6,
    ).length;
  const nearest = triangles.map((triangle) => {
    const { negative } = boundAngle(angle, triangle, alphaDegrees);
    return Math.min(distance(negative, anchor), distance(negative, positive)) / 2;
  });
  return {
    starts: starts.length,
    satisfied: triangles.filter((triangle) => angle(triangle) <= alphaDegrees).length,
    nearerAnchor: nearer(anchor),
    nearerPositive: nearer(positive),
    toTheLine: moves.filter(({ negative: [x, y], direction }) => Math.abs(x) > 1 && direction[1] * y < 0)
      .length,
    leastDistance: Math.min(...nearest),
    wrongNeighbours: nearest.filter((value) => value < 1).length,
  };
}
