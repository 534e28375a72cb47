// Exhibits: published slips of the batch form of the angular loss, one a function, on an N-pair batch (rows 2i and 2i+1 are
// the anchor and the positive of class i). `correct` is the definition.

type Points = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);
const unit = (points: Points): number[][] =>
  points.map((point) => point.map((value) => value / Math.hypot(...point)));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const tangentSquared = (alphaDegrees: number) => Math.tan((alphaDegrees * Math.PI) / 180) ** 2;
const definition = (a: readonly number[], p: readonly number[], n: readonly number[], t: number) =>
  4 * t * (dot(a, n) + dot(p, n)) - 2 * (1 + t) * dot(a, p);

/** f of each anchor against the positives of the other classes. */
function rowsOfF(
  points: Points,
  f: (a: readonly number[], p: readonly number[], n: readonly number[]) => number,
): number[][] {
  const classes = [...Array(points.length / 2).keys()];
  return classes.map((i) =>
    classes.filter((j) => j !== i).map((j) => f(points[2 * i], points[2 * i + 1], points[2 * j + 1])),
  );
}

/** log(Σ exp f) with the largest taken out first. */
function logSum(fs: readonly number[]): number {
  const largest = Math.max(...fs);
  return largest + Math.log(fs.reduce((sum, f) => sum + Math.exp(f - largest), 0));
}

const logOnePlusSum = (fs: readonly number[]) => logSum([0, ...fs]);

export function correct(points: Points, alphaDegrees: number): number {
  const t = tangentSquared(alphaDegrees);
  return mean(rowsOfF(points, (a, p, n) => definition(a, p, n, t)).map(logOnePlusSum));
}

/** tan²α overwritten: α has no effect. */
export function alphaWithoutEffect(points: Points, _alphaDegrees: number): number {
  return mean(rowsOfF(points, (a, p, n) => definition(a, p, n, 0.25)).map(logOnePlusSum));
}

/** 4t + xᵀn in place of 4t · xᵀn. */
export function sumForProduct(points: Points, alphaDegrees: number): number {
  const t = tangentSquared(alphaDegrees);
  return mean(
    rowsOfF(points, (a, p, n) => 4 * t + dot(a, n) + dot(p, n) - 2 * (1 + t) * dot(a, p)).map(logOnePlusSum),
  );
}

/** log(1 + exp f) for each triplet, then the mean. */
export function sumOutsideLogarithm(points: Points, alphaDegrees: number): number {
  const t = tangentSquared(alphaDegrees);
  return mean(
    rowsOfF(points, (a, p, n) => definition(a, p, n, t))
      .flat()
      .map((f) => logOnePlusSum([f])),
  );
}

/** The diagonal masked to −∞ where a zero had supplied the 1. */
export function lostOne(points: Points, alphaDegrees: number): number {
  const t = tangentSquared(alphaDegrees);
  return mean(rowsOfF(points, (a, p, n) => definition(a, p, n, t)).map(logSum));
}

/** Anchors and positives at unit length, negatives not. */
export function negativesNotNormalised(points: Points, alphaDegrees: number): number {
  const t = tangentSquared(alphaDegrees);
  const units = unit(points);
  const classes = [...Array(points.length / 2).keys()];
  return mean(
    classes.map((i) =>
      logOnePlusSum(
        classes
          .filter((j) => j !== i)
          .map((j) => definition(units[2 * i], units[2 * i + 1], points[2 * j + 1], t)),
      ),
    ),
  );
}

/** exp in float32 without a guard: infinite from f = 89 on. */
export function unguarded(points: Points, alphaDegrees: number): number {
  const t = tangentSquared(alphaDegrees);
  const single = (f: number) => Math.fround(Math.exp(f));
  return mean(
    rowsOfF(points, (a, p, n) => definition(a, p, n, t)).map((fs) =>
      Math.log(fs.reduce((sum, f) => Math.fround(sum + single(f)), 1)),
    ),
  );
}

/** Every row of another class as a negative where the other positives were meant. */
export function otherNegatives(points: Points, alphaDegrees: number): number {
  const t = tangentSquared(alphaDegrees);
  const classes = [...Array(points.length / 2).keys()];
  return mean(
    classes.map((i) =>
      logOnePlusSum(
        classes
          .filter((j) => j !== i)
          .flatMap((j) =>
            [2 * j, 2 * j + 1].map((row) => definition(points[2 * i], points[2 * i + 1], points[row], t)),
          ),
      ),
    ),
  );
}
