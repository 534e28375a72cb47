import { KitError } from '../runtime/kit-error.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { checkTable, galleryFor } from './embedding-geometry.js';
import { type SearchOptions, throwIfCancelled } from './nearest-neighbours.js';
import { columnBlocks, gallerySlice, rowBlocks, rowSlice } from './score-engine.js';
import { scoreEngine } from './start-score-engine.js';

/**
 * A row whose class has no other row has nothing to find. `miss` (the default, and what the field's reference
 * scripts do) counts it as a failed query, `exclude` leaves it out of the mean; either way it stays among the rows
 * that others are searched in.
 */
export type SingleImageClasses = 'miss' | 'exclude';

export interface RetrievalOptions extends SearchOptions {
  readonly singleImageClasses?: SingleImageClasses;
}

/** Where the rows of a query's own class (its positives) stand among all other rows, by distance. */
export interface PositiveRanks {
  /** The rows that were asked for, in rising order: all of them, or under `exclude` those with a positive. */
  readonly queries: Int32Array;
  /** Rank of the nearest positive, from 1; Infinity without one. */
  readonly nearest: Float64Array;
  /** Share of the R positives that stand among the first R. */
  readonly rPrecision: Float64Array;
  /** Average precision at R. */
  readonly averagePrecisionAtR: Float64Array;
}

/** Blocks of scores narrower than this are not worth a call, nor summed in the same order by every kernel. */
const NARROW = 2048;

/**
 * Ranks positives by counting, for each, the rows of other classes that are at least as near: no list as long
 * as the largest K is ever sorted, and any K is answered. A row of another class at exactly the same distance
 * counts as nearer, so that no score depends on the order of the rows, and rows that all coincide score 0.
 *
 * @throws KitError `invalid-embeddings`, `cancelled`; `invalid-argument` under `exclude` where no class has two rows
 */
export async function rankPositives(
  table: EmbeddingTable,
  options: RetrievalOptions = {},
): Promise<PositiveRanks> {
  checkTable(table);
  const { metric = 'cosine', singleImageClasses = 'miss' } = options;
  const n = table.labels.length;
  const { order, classStart, classEnd, withPositives } = byClass(table.labels);
  if (withPositives === 0 && singleImageClasses === 'exclude') {
    throw new KitError(
      'invalid-argument',
      `None of the ${n} rows shares its class with another, so no query has an answer; expected a class of two rows or more.`,
    );
  }
  const { gallery } = galleryFor(inOrder(table, order), metric);
  const engine = await scoreEngine();
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const rPrecision = new Float64Array(n);
  const averagePrecisionAtR = new Float64Array(n);

  for (const [start, end] of rowBlocks(withPositives, 2 * NARROW)) {
    throwIfCancelled(options.signal, start, withPositives);
    const queries = rowSlice(gallery, start, end);
    const [low, high] = bandAround(classStart[start], classEnd[end - 1], n);
    const width = high - low;
    const band = await engine.scores(queries, gallerySlice(gallery, low, high));
    const searches: NegativeCounts[] = [];
    for (let row = start; row < end; row++) {
      const scores = band.subarray((row - start) * width, (row - start + 1) * width);
      searches.push(countInBand(scores, row - low, classStart[row] - low, classEnd[row] - low));
    }
    const best = Float32Array.from(searches, ({ positives }) => positives[positives.length - 1]);
    const mostPositives = searches.reduce((most, { positives }) => Math.max(most, positives.length), 0);
    for (const [from, to] of [...columnBlocks(0, low), ...columnBlocks(high, n)]) {
      const k = Math.min(mostPositives, to - from);
      const { counts, largest } = await engine.atLeast(queries, gallerySlice(gallery, from, to), best, k);
      for (const [i, search] of searches.entries()) {
        addOutside(search, counts[i], largest.subarray(i * k, (i + 1) * k));
      }
    }
    for (const [i, { positives, negatives }] of searches.entries()) {
      const row = order[start + i];
      const r = positives.length;
      nearest[row] = negatives[r - 1] + 1;
      let found = 0;
      for (let j = 1; j <= r; j++) {
        const rank = negatives[r - j] + j;
        if (rank > r) break;
        found = j;
        averagePrecisionAtR[row] += j / rank / r;
      }
      rPrecision[row] = found / r;
    }
    options.onProgress?.(end, withPositives);
  }
  const queries = singleImageClasses === 'miss' ? Int32Array.from(order) : order.slice(0, withPositives);
  queries.sort();
  const ofQueries = (scores: Float64Array) => Float64Array.from(queries, (row) => scores[row]);
  return {
    queries,
    nearest: ofQueries(nearest),
    rPrecision: ofQueries(rPrecision),
    averagePrecisionAtR: ofQueries(averagePrecisionAtR),
  };
}

interface NegativeCounts {
  /** Scores of the query's positives, smallest first. */
  readonly positives: Float32Array;
  /** For each of them, the negatives that score at least as much; from R up they may be cut short. */
  readonly negatives: Float64Array;
}

/** Counts over one row of scores in which the query's whole class lies, from `classStart` to `classEnd`. */
function countInBand(
  scores: Float32Array,
  self: number,
  classStart: number,
  classEnd: number,
): NegativeCounts {
  const r = classEnd - classStart - 1;
  const positives = new Float32Array(r);
  positives.set(scores.subarray(classStart, self));
  positives.set(scores.subarray(self + 1, classEnd), self - classStart);
  positives.sort();
  // between[j]: negatives that reach positive j and no better one. Positives with R negatives above them can
  // no longer come among the first R: the floor passes over them, and most scores end at one comparison.
  const between = new Float64Array(r);
  let floor = 0;
  let above = 0;
  const count = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const score = scores[i];
      if (score < positives[floor]) continue;
      let low = floor;
      let high = r;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (score >= positives[middle]) low = middle;
        else high = middle;
      }
      between[low]++;
      above++;
      while (above >= r && floor < r - 1) above -= between[floor++];
    }
  };
  count(0, classStart);
  count(classEnd, scores.length);
  const negatives = new Float64Array(r);
  let sum = 0;
  for (let j = r - 1; j >= 0; j--) {
    sum += between[j];
    negatives[j] = sum;
  }
  for (let j = 0; j < floor; j++) negatives[j] = Math.max(negatives[j], r);
  return { positives, negatives };
}

/** @param largest the largest scores of rows of other classes, largest first: as many as R, or all there are */
function addOutside(
  { positives, negatives }: NegativeCounts,
  reachBest: number,
  largest: Float32Array,
): void {
  const r = positives.length;
  negatives[r - 1] += reachBest;
  let reached = 0;
  for (let j = r - 2; j >= 0; j--) {
    while (reached < largest.length && largest[reached] >= positives[j]) reached++;
    negatives[j] += reached;
  }
}

/** Rows sorted by class, those without a positive last; `order[i]` is the table's row at place i. */
function byClass(labels: Int32Array) {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const known = rows.get(labels[row]);
    if (known === undefined) rows.set(labels[row], [row]);
    else known.push(row);
  }
  const classes = [...rows.values()];
  const shared = classes.filter((members) => members.length > 1);
  const single = classes.filter((members) => members.length === 1);
  const order = new Int32Array(labels.length);
  const classStart = new Int32Array(labels.length);
  const classEnd = new Int32Array(labels.length);
  let start = 0;
  for (const members of [...shared, ...single]) {
    order.set(members, start);
    classStart.fill(start, start, start + members.length);
    classEnd.fill(start + members.length, start, start + members.length);
    start += members.length;
  }
  return { order, classStart, classEnd, withPositives: labels.length - single.length };
}

function inOrder({ vectors, dimension }: EmbeddingTable, order: Int32Array) {
  const sorted = new Float32Array(vectors.length);
  for (let i = 0; i < order.length; i++) {
    sorted.set(vectors.subarray(order[i] * dimension, (order[i] + 1) * dimension), i * dimension);
  }
  return { vectors: sorted, dimension };
}

/** The columns to be counted one by one: the classes of the block, widened so that no part is narrow. */
function bandAround(low: number, high: number, n: number): [low: number, high: number] {
  const missing = Math.max(0, NARROW - (high - low));
  const from = Math.max(0, low - missing);
  return [from < NARROW ? 0 : from, n - high < NARROW ? n : high];
}
