import { KitError } from '../kit-error.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { checkTable, galleryFor } from './embedding-geometry.js';
import { exactCosine, exactEuclidean } from './exact-distances.js';
import { type SearchOptions, throwIfCancelled } from './nearest-neighbours.js';
import { NegativeCounts } from './negative-counts.js';
import { columnBlocks, rowBlocks, rowSlice } from './score-engine.js';
import { scoreEngine } from './start-score-engine.js';

/**
 * A row whose class has no other row has nothing to find. `miss` (the default, and what the field's reference
 * scripts do) counts it as a failed query, `exclude` leaves it out of the mean; either way it stays among the rows
 * that others are searched in.
 */
export type SingleImageClasses = 'miss' | 'exclude';

/** How many classes have one row. */
export function singleImageClassesOf(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let row = 0; row < labels.length; row++) counts.set(labels[row], (counts.get(labels[row]) ?? 0) + 1);
  return [...counts.values()].filter((count) => count === 1).length;
}

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

/** Blocks of products narrower than this are not worth a call, nor summed in the same order by every kernel. */
const NARROW = 2048;

/** Positives of all queries that are counted for together: 128 MiB with their counts. */
const MOST_POSITIVES = 2 ** 24;

/**
 * Ranks positives by counting, for each, the rows of other classes that are at least as near: no list as long
 * as the largest K is ever sorted, and any K is answered. Every row is a query and a neighbour, so a product serves both
 * of its rows and half of them suffice. A row of another class at exactly the same distance counts as nearer, so that no
 * score depends on the order of the rows, and rows that all coincide score 0. Distances are compared as float64 has
 * them, whatever the scale, the offset or the spread of the rows.
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
  const sorted = inOrder(table, order);
  const { gallery, scale } = galleryFor(sorted, metric);
  const exact = metric === 'euclidean' ? exactEuclidean(sorted, gallery, scale) : exactCosine(sorted);
  const engine = await scoreEngine();
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const rPrecision = new Float64Array(n);
  const averagePrecisionAtR = new Float64Array(n);
  const { bias } = gallery;

  for (const group of groupsOf(classStart, classEnd, withPositives)) {
    const [first, end] = [group[0].start, group[group.length - 1].end];
    const counts = new NegativeCounts(classStart, classEnd, first, end, exact);

    /** Products of a unit's rows with columns, a bounded block of rows at a time, as scores of the rows or of the columns. */
    const scan = async (
      { start, end }: Unit,
      [left, right]: Range,
      read: (first: number, last: number, ofRows: Float32Array, ofColumns: () => Float32Array) => void,
    ) => {
      const width = right - left;
      for (const [from, to] of rowBlocks(end - start, width)) {
        throwIfCancelled(options.signal, start, withPositives);
        const first = start + from;
        const last = start + to;
        const products = await engine.products(
          rowSlice(gallery, first, last),
          rowSlice(gallery, left, right),
        );
        read(
          first,
          last,
          metric === 'cosine' ? products : plusColumns(products, bias.subarray(left, right)),
          () => (metric === 'cosine' ? products : plusRows(products, bias.subarray(first, last))),
        );
      }
    };

    for (const unit of group) {
      await scan(unit, unit.home, (first, last, scores) => counts.begin(scores, first, last, unit.home));
    }
    const groupHome: Range = [group[0].home[0], group[group.length - 1].home[1]];
    for (const [i, unit] of group.entries()) {
      for (const { home } of group.slice(i + 1)) {
        await scan(unit, home, (first, last, ofRows, ofColumns) => {
          counts.addToRows(ofRows, first, last, home);
          counts.addToColumns(ofColumns(), first, last, home);
        });
      }
      for (const columns of [...columnBlocks(0, groupHome[0]), ...columnBlocks(groupHome[1], n)]) {
        await scan(unit, columns, (first, last, ofRows) => counts.addToRows(ofRows, first, last, columns));
      }
      options.onProgress?.(unit.end, withPositives);
    }
    for (let row = group[0].start; row < group[group.length - 1].end; row++) {
      const negatives = counts.negativesOf(row);
      const r = negatives.length;
      nearest[order[row]] = negatives[r - 1] + 1;
      let found = 0;
      for (let j = 1; j <= r; j++) {
        const rank = negatives[r - j] + j;
        if (rank > r) break;
        found = j;
        averagePrecisionAtR[order[row]] += j / rank / r;
      }
      rPrecision[order[row]] = found / r;
    }
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

function plusColumns(products: Float32Array, bias: Float32Array): Float32Array {
  const sums = new Float32Array(products.length);
  for (let at = 0; at < sums.length; )
    for (let column = 0; column < bias.length; column++, at++) sums[at] = products[at] + bias[column];
  return sums;
}

function plusRows(products: Float32Array, bias: Float32Array): Float32Array {
  const width = products.length / bias.length;
  const sums = new Float32Array(products.length);
  for (let row = 0, at = 0; row < bias.length; row++)
    for (const end = at + width; at < end; at++) sums[at] = products[at] + bias[row];
  return sums;
}

type Range = readonly [start: number, end: number];

/** Queries, and the columns in which their classes lie whole. */
interface Unit {
  readonly start: number;
  readonly end: number;
  readonly home: Range;
}

/**
 * Whole classes, as many as make a block wide enough; and blocks, as many as have a bounded number of positives. A block
 * that has more by itself is a group for each slice of its queries. Rows without a positive go with the last block where
 * they are few.
 */
function groupsOf(classStart: Int32Array, classEnd: Int32Array, withPositives: number): Unit[][] {
  const n = classStart.length;
  const homes: Range[] = [];
  for (let start = 0; start < withPositives; ) {
    let end = start;
    while (end < withPositives && end - start < NARROW) end = classEnd[end];
    if (withPositives - end < NARROW) end = withPositives;
    homes.push([start, end]);
    start = end;
  }
  const positivesIn = (start: number, end: number) => {
    let sum = 0;
    for (let row = start; row < end; row++) sum += classEnd[row] - classStart[row] - 1;
    return sum;
  };
  const groups: Unit[][] = [];
  let room = 0;
  for (const [start, end] of homes) {
    const home: Range = [start, end === withPositives && n - end < NARROW ? n : end];
    const positives = positivesIn(start, end);
    const slices = Math.ceil(positives / MOST_POSITIVES);
    if (slices > 1) {
      room = 0;
      for (const [from, to] of rowBlocks(end - start, slices, end - start))
        groups.push([{ start: start + from, end: start + to, home }]);
    } else if (positives <= room) {
      groups[groups.length - 1].push({ start, end, home });
      room -= positives;
    } else {
      groups.push([{ start, end, home }]);
      room = MOST_POSITIVES - positives;
    }
  }
  return groups;
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
