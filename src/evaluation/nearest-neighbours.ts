import { KitError } from '../kit-error.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { checkTable, galleryFor, type Metric, squaredNorms } from './embedding-geometry.js';
import { exactCosine, exactEuclidean } from './exact-distances.js';
import { type Rows, rowBlocks, rowCount, rowSlice } from './score-engine.js';
import { scoreEngine } from './start-score-engine.js';

export { type Metric, unitRows } from './embedding-geometry.js';

export interface SearchOptions {
  /** Default cosine. */
  readonly metric?: Metric;
  /** Called after every block with the queries done. */
  onProgress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}

export interface NearestNeighboursOptions extends SearchOptions {
  /** Search for these instead of for the table's own rows; nothing is then left out as self. */
  readonly queries?: EmbeddingTable;
}

export interface NearestNeighbours {
  /** n × k rows of the table, nearest first; among equally near ones the lower row first. */
  readonly indices: Int32Array;
  /**
   * n × k: cosine similarities, falling; or Euclidean distances, rising.
   */
  readonly scores: Float32Array;
  readonly k: number;
}

/** Scores held at once, 64 MiB of them: whole rows, since long lists are merged more slowly than they are found. */
const BLOCK_SCORES = 2 ** 24;

/**
 * The k nearest other rows of every row, exactly, as float64 has them; self is left out by its index, so duplicates
 * of a row are found. Works in blocks: never holds n × n numbers. Zero rows are at cosine similarity 0 to all.
 *
 * @throws KitError `invalid-argument` when k exceeds the rows there are; `invalid-embeddings` for a number
 *   that is not finite, by row; `cancelled`
 */
export async function nearestNeighbours(
  table: EmbeddingTable,
  k: number,
  options: NearestNeighboursOptions = {},
): Promise<NearestNeighbours> {
  const { metric = 'cosine', queries } = options;
  checkTable(table);
  if (queries !== undefined) checkTable(queries);
  const others = queries === undefined ? table.labels.length - 1 : table.labels.length;
  if (!Number.isInteger(k) || k < 1 || k > others) {
    throw new KitError(
      'invalid-argument',
      `${k} neighbours were asked for, but there are ${others} rows to find; k must be a whole number between 1 and ${others}.`,
    );
  }
  if (queries !== undefined && queries.dimension !== table.dimension) {
    throw new KitError(
      'invalid-argument',
      `The queries have dimension ${queries.dimension}, the table has ${table.dimension}; expected the same.`,
    );
  }
  const { gallery, prepare, scale } = galleryFor(table, metric);
  const asked = queries === undefined ? gallery : prepare(queries);
  const total = rowCount(asked);
  const engine = await scoreEngine();
  const all = gallery.bias.length;
  const found = queries === undefined ? k + 1 : k;
  const settle = settler({ metric, table, gallery, queries, asked, scale });
  const wanted = Math.min(all, found + SPARE);
  const indices = new Int32Array(total * k);
  const scores = new Float32Array(total * k);
  for (const [start, end] of rowBlocks(total, gallery.bias.length, BLOCK_SCORES)) {
    throwIfCancelled(options.signal, start, total);
    const top = await engine.largest(rowSlice(asked, start, end), gallery, wanted);
    for (let row = start; row < end; row++) {
      const [from, to] = [(row - start) * wanted, (row - start + 1) * wanted];
      const nearest = settle(row, top.indices.subarray(from, to), top.scores[to - 1], k);
      indices.set(nearest.rows, row * k);
      scores.set(nearest.scores, row * k);
    }
    options.onProgress?.(end, total);
  }
  return { indices, scores, k };
}

/** Candidates beyond those asked for: near ties at the edge are among them, save in rows that mostly coincide. */
const SPARE = 8;

/** Orders candidates by their distances in float64, and looks at every row where another might be among the nearest. */
function settler(search: {
  readonly metric: Metric;
  readonly table: Rows;
  readonly gallery: Rows;
  readonly queries: Rows | undefined;
  readonly asked: Rows;
  readonly scale: number;
}) {
  const { metric, table, gallery, queries, asked, scale } = search;
  const count = rowCount(gallery);
  const [rows, prepared] =
    queries === undefined ? [table, gallery] : [joined(table, queries), joined(gallery, asked)];
  const exact = metric === 'euclidean' ? exactEuclidean(rows, prepared, scale) : exactCosine(rows);
  const everyRow = Int32Array.from({ length: count }, (_, row) => row);
  const squares = squaredNorms(gallery);
  const longest = squares.indexOf(squares.reduce((most, square) => Math.max(most, square), 0));
  return (row: number, candidates: Int32Array, lastScore: number, k: number) => {
    const query = queries === undefined ? row : count + row;
    const nearest = (among: Int32Array) =>
      Array.from(among)
        .filter((other) => queries !== undefined || other !== row)
        .map((other) => ({ other, distance: exact.between(query, other) }))
        .sort((a, b) => a.distance - b.distance || a.other - b.other)
        .slice(0, k);
    let found = nearest(candidates);
    // What was left out scores no more than the last candidate; its true distance may still be smaller.
    const least = exact.ofScore(query, lastScore + exact.slack(query, longest));
    if (candidates.length < count && !(least > found[found.length - 1].distance)) found = nearest(everyRow);
    const score = metric === 'euclidean' ? (d: number) => Math.sqrt(d) / scale : (d: number) => 1 - d;
    return {
      rows: found.map(({ other }) => other),
      scores: found.map(({ distance }) => score(distance)),
    };
  };
}

function joined(first: Rows, second: Rows): Rows {
  const vectors = new Float32Array(first.vectors.length + second.vectors.length);
  vectors.set(first.vectors);
  vectors.set(second.vectors, first.vectors.length);
  return { vectors, dimension: first.dimension };
}

/** @throws KitError `cancelled` */
export function throwIfCancelled(signal: AbortSignal | undefined, done: number, total: number): void {
  if (signal?.aborted) throw new KitError('cancelled', `Stopped after ${done} of ${total} rows.`);
}
