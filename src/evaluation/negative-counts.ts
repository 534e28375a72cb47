import type { ExactDistances } from './exact-distances.js';

/**
 * How many rows of other classes are at least as near as each positive of each query, counted as blocks of scores come by,
 * as if every distance were in float64: a float32 score decides where the bound on its error leaves no doubt on which side
 * of a positive it lies, elsewhere the distance is computed from the rows themselves. From R up, R being a query's number
 * of positives, counts may be cut short: they decide nothing any more.
 */
export class NegativeCounts {
  /** Distances of the positives of each query, furthest first, one query after another. */
  private readonly positives: Float64Array;
  /** Negatives at least as near as this positive and no nearer one. */
  private readonly between: Uint32Array;
  private readonly firstPositive: Int32Array;
  /** By row: the score that a negative must be able to reach to count, Infinity for rows that are no queries here. */
  private readonly floors: Float64Array;
  private readonly floorAt: Int32Array;
  private readonly above: Int32Array;

  /** @param start the first query @param end the one after the last */
  constructor(
    private readonly classStart: Int32Array,
    private readonly classEnd: Int32Array,
    private readonly start: number,
    end: number,
    private readonly exact: ExactDistances,
  ) {
    this.firstPositive = new Int32Array(end - start + 1);
    for (let row = start; row < end; row++) {
      const at = row - start;
      this.firstPositive[at + 1] = this.firstPositive[at] + classEnd[row] - classStart[row] - 1;
    }
    this.positives = new Float64Array(this.firstPositive[end - start]);
    this.between = new Uint32Array(this.positives.length);
    this.floors = new Float64Array(classStart.length).fill(Number.POSITIVE_INFINITY);
    this.floorAt = new Int32Array(end - start);
    this.above = new Int32Array(end - start);
  }

  /** Takes the positives of queries, and counts the other rows of their home. */
  begin(scores: Float32Array, first: number, last: number, [left, right]: readonly [number, number]): void {
    const width = right - left;
    for (let row = first; row < last; row++) {
      const at = (row - first) * width - left;
      const [low, high] = [this.classStart[row], this.classEnd[row]];
      const place = this.firstPositive[row - this.start];
      const positives = this.positives.subarray(place, this.firstPositive[row - this.start + 1]);
      for (let other = low, i = 0; other < high; other++)
        if (other !== row) positives[i++] = this.exact.between(row, other);
      positives.sort().reverse();
      this.setFloor(row);
      for (let column = left; column < low; column++) this.add(row, column, scores[at + column]);
      for (let column = high; column < right; column++) this.add(row, column, scores[at + column]);
    }
  }

  /** Counts for the rows, of which no class is among the columns. */
  addToRows(
    scores: Float32Array,
    first: number,
    last: number,
    [left, right]: readonly [number, number],
  ): void {
    const common = this.exact.commonSlack;
    for (let row = first, at = 0; row < last; row++) {
      // Most scores end at this comparison.
      let floor = common === undefined ? Number.NEGATIVE_INFINITY : this.floors[row] - common;
      for (let column = left; column < right; column++, at++) {
        if (scores[at] < floor) continue;
        this.add(row, column, scores[at]);
        if (common !== undefined) floor = this.floors[row] - common;
      }
    }
  }

  /** Counts the rows for the columns, of which no class is among them. */
  addToColumns(
    scores: Float32Array,
    first: number,
    last: number,
    [left, right]: readonly [number, number],
  ): void {
    const { floors, exact } = this;
    const common = exact.commonSlack ?? Number.POSITIVE_INFINITY;
    for (let row = first, at = 0; row < last; row++)
      for (let column = left; column < right; column++, at++)
        if (scores[at] + common >= floors[column]) this.add(column, row, scores[at]);
  }

  /** For each positive of a query, furthest first. */
  negativesOf(row: number): Float64Array {
    const place = this.firstPositive[row - this.start];
    const r = this.firstPositive[row - this.start + 1] - place;
    const negatives = new Float64Array(r);
    let sum = 0;
    for (let j = r - 1; j >= 0; j--) {
      sum += this.between[place + j];
      negatives[j] = j < this.floorAt[row - this.start] ? Math.max(sum, r) : sum;
    }
    return negatives;
  }

  private add(row: number, other: number, score: number): void {
    const slack = this.exact.slack(row, other);
    if (score + slack < this.floors[row]) return;
    const { between, floorAt, above, exact } = this;
    const at = row - this.start;
    const place = this.firstPositive[at];
    const r = this.firstPositive[at + 1] - place;
    const equal = 1 - exact.tolerance;
    let reached = this.nearerThan(at, exact.ofScore(row, score + slack) * equal);
    if (reached !== this.nearerThan(at, exact.ofScore(row, score - slack) * equal))
      reached = this.nearerThan(at, exact.between(row, other) * equal);
    if (reached < floorAt[at]) return;
    between[place + reached]++;
    above[at]++;
    while (above[at] >= r && floorAt[at] < r - 1) above[at] -= between[place + floorAt[at]++];
    this.setFloor(row);
  }

  /** The nearest positive that is no nearer than this; −1 where all are. */
  private nearerThan(at: number, distance: number): number {
    const place = this.firstPositive[at];
    let low = -1;
    let high = this.firstPositive[at + 1] - place;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.positives[place + middle] >= distance) low = middle;
      else high = middle;
    }
    return low;
  }

  private setFloor(row: number): void {
    const at = row - this.start;
    const furthest = this.positives[this.firstPositive[at] + this.floorAt[at]];
    this.floors[row] = this.exact.scoreOf(row, furthest * (1 + 2 * this.exact.tolerance));
  }
}
