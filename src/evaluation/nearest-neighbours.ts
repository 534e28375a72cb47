import { KitError } from '../kit-error.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { checkTable, galleryFor, type Metric, squaredNorms } from './embedding-geometry.js';
import { rowBlocks, rowCount, rowSlice } from './score-engine.js';
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
   * n × k: cosine similarities, falling; or Euclidean distances, rising. The distances come out of float32
   * products: below about a thousandth of a row's distance to the table's mean they are rounding.
   */
  readonly scores: Float32Array;
  readonly k: number;
}

/** Scores held at once, 64 MiB of them: whole rows, since long lists are merged more slowly than they are found. */
const BLOCK_SCORES = 2 ** 24;

/**
 * The k nearest other rows of every row, exactly, in float32; self is left out by its index, so duplicates
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
  const { gallery, prepare } = galleryFor(table, metric);
  const asked = queries === undefined ? gallery : prepare(queries);
  const total = rowCount(asked);
  const engine = await scoreEngine();
  const wanted = queries === undefined ? k + 1 : k;
  const indices = new Int32Array(total * k);
  const scores = new Float32Array(total * k);
  for (const [start, end] of rowBlocks(total, gallery.bias.length, BLOCK_SCORES)) {
    throwIfCancelled(options.signal, start, total);
    const top = await engine.largest(rowSlice(asked, start, end), gallery, wanted);
    for (let row = start; row < end; row++) {
      let to = row * k;
      for (let from = (row - start) * wanted; to < (row + 1) * k; from++) {
        if (queries === undefined && top.indices[from] === row) continue;
        indices[to] = top.indices[from];
        scores[to++] = top.scores[from];
      }
    }
    options.onProgress?.(end, total);
  }
  if (metric === 'euclidean') toDistances(scores, squaredNorms(asked), k);
  return { indices, scores, k };
}

function toDistances(scores: Float32Array, squares: Float64Array, k: number): void {
  for (let i = 0; i < scores.length; i++) {
    scores[i] = Math.sqrt(Math.max(0, squares[Math.floor(i / k)] - 2 * scores[i]));
  }
}

/** @throws KitError `cancelled` */
export function throwIfCancelled(signal: AbortSignal | undefined, done: number, total: number): void {
  if (signal?.aborted) throw new KitError('cancelled', `Stopped after ${done} of ${total} rows.`);
}
