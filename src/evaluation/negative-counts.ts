/**
 * How many rows of other classes score at least as much as each positive of each query, counted as blocks of scores come
 * by. From R up, R being a query's number of positives, counts may be cut short: they decide nothing any more.
 */
export class NegativeCounts {
  /** Scores of the positives of each query, smallest first, one query after another. */
  private readonly positives: Float32Array;
  /** Negatives that reach this positive and no better one. */
  private readonly between: Uint32Array;
  private readonly firstPositive: Int32Array;
  /** By row: the score below which nothing counts, Infinity for rows that are no queries of this group. */
  private readonly floors: Float32Array;
  /** The positive whose score the floor is. */
  private readonly floorAt: Int32Array;
  /** Negatives at or above the floor. */
  private readonly above: Int32Array;

  /** @param start the first query @param end the one after the last */
  constructor(
    private readonly classStart: Int32Array,
    private readonly classEnd: Int32Array,
    private readonly start: number,
    end: number,
  ) {
    this.firstPositive = new Int32Array(end - start + 1);
    for (let row = start; row < end; row++) {
      const at = row - start;
      this.firstPositive[at + 1] = this.firstPositive[at] + classEnd[row] - classStart[row] - 1;
    }
    this.positives = new Float32Array(this.firstPositive[end - start]);
    this.between = new Uint32Array(this.positives.length);
    this.floors = new Float32Array(classStart.length).fill(Number.POSITIVE_INFINITY);
    this.floorAt = new Int32Array(end - start);
    this.above = new Int32Array(end - start);
  }

  /** Takes the positives of queries from scores with their home, and counts its other rows. */
  begin(scores: Float32Array, first: number, last: number, [left, right]: readonly [number, number]): void {
    const width = right - left;
    for (let row = first; row < last; row++) {
      const at = (row - first) * width - left;
      const [low, high] = [this.classStart[row], this.classEnd[row]];
      const place = this.firstPositive[row - this.start];
      const positives = this.positives.subarray(place, this.firstPositive[row - this.start + 1]);
      positives.set(scores.subarray(at + low, at + row));
      positives.set(scores.subarray(at + row + 1, at + high), row - low);
      positives.sort();
      this.floors[row] = positives[0];
      this.addToRow(row, scores, at + left, at + low);
      this.addToRow(row, scores, at + high, at + right);
    }
  }

  /** Counts for the rows, of which no class is among the columns. */
  addToRows(
    scores: Float32Array,
    first: number,
    last: number,
    [left, right]: readonly [number, number],
  ): void {
    const width = right - left;
    for (let row = first, at = 0; row < last; row++, at += width) this.addToRow(row, scores, at, at + width);
  }

  /** Counts the rows for the columns, of which no class is among them. */
  addToColumns(
    scores: Float32Array,
    first: number,
    last: number,
    [left, right]: readonly [number, number],
  ): void {
    const floors = this.floors.subarray(left, right);
    const width = floors.length;
    for (let row = first, at = 0; row < last; row++) {
      for (let column = 0; column < width; column++, at++) {
        if (scores[at] >= floors[column]) this.add(left + column, scores[at]);
      }
    }
  }

  /** For each positive of a query, smallest score first. */
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

  private addToRow(row: number, scores: Float32Array, from: number, to: number): void {
    const { floors } = this;
    const best = this.firstPositive[row - this.start + 1] - 1;
    let floor = floors[row];
    let i = from;
    for (; i < to && floor < this.positives[best]; i++) {
      if (scores[i] < floor) continue;
      this.add(row, scores[i]);
      floor = floors[row];
    }
    let reached = 0;
    for (; i < to; i++) if (scores[i] >= floor) reached++;
    this.between[best] += reached;
    this.above[row - this.start] += reached;
  }

  /** Most scores end at a comparison before this. Positives with R negatives above them are passed over by the floor. */
  private add(row: number, score: number): void {
    const { positives, between, floorAt, above } = this;
    const at = row - this.start;
    const place = this.firstPositive[at];
    const r = this.firstPositive[at + 1] - place;
    let low = place + floorAt[at];
    let high = place + r;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (score >= positives[middle]) low = middle;
      else high = middle;
    }
    between[low]++;
    above[at]++;
    while (above[at] >= r && floorAt[at] < r - 1) above[at] -= between[place + floorAt[at]++];
    this.floors[row] = positives[place + floorAt[at]];
  }
}
