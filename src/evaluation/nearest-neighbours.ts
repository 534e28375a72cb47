import { KitError } from '../runtime/kit-error.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { type Rows, topProducts } from './top-products.js';

export type Metric = 'cosine' | 'euclidean';

export interface NearestNeighboursOptions {
  /** Default cosine. */
  readonly metric?: Metric;
  /** Search for these instead of for the table's own rows; nothing is then left out as self. */
  readonly queries?: EmbeddingTable;
  /** Called after every block with the queries done. */
  onProgress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}

export interface NearestNeighbours {
  /** n × k rows of the table, nearest first; among equally near ones the lower row first. */
  readonly indices: Int32Array;
  /** n × k: cosine similarities, or xᵀy − ‖y‖²/2, which falls as the Euclidean distance of a query grows. */
  readonly scores: Float32Array;
  readonly k: number;
}

/** Bytes of query × gallery products held at once. */
const BLOCK_BYTES = 2 ** 26;

/**
 * The k nearest other rows of every row, exactly, in float32; self is left out by its index, so duplicates
 * of a row are found. Works in blocks: never holds n × n numbers.
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
  const n = table.labels.length;
  const others = queries === undefined ? n - 1 : n;
  if (k < 1 || k > others) {
    throw new KitError(
      'invalid-argument',
      `${k} neighbours were asked for, but a row has ${others} others; k must lie between 1 and ${others}.`,
    );
  }
  const prepare = metric === 'cosine' ? unitRows : (rows: Rows) => rows;
  const gallery = prepare(table);
  const bias = metric === 'cosine' ? new Float32Array(n) : negativeHalfSquares(gallery);
  const asked = queries === undefined ? gallery : prepare(queries);
  const total = (queries ?? table).labels.length;
  const wanted = queries === undefined ? k + 1 : k;
  const indices = new Int32Array(total * k);
  const scores = new Float32Array(total * k);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / 4 / n));
  for (let start = 0; start < total; start += blockRows) {
    if (options.signal?.aborted) throw new KitError('cancelled', `Stopped after ${start} of ${total} rows.`);
    const end = Math.min(total, start + blockRows);
    const block = {
      vectors: asked.vectors.subarray(start * asked.dimension, end * asked.dimension),
      dimension: asked.dimension,
    };
    const top = await topProducts(block, gallery, bias, wanted);
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
  return { indices, scores, k };
}

/** @throws KitError `invalid-embeddings` naming the first row that is wrong */
export function checkTable({ vectors, dimension, labels }: EmbeddingTable): void {
  if (vectors.length !== labels.length * dimension) {
    throw new KitError(
      'invalid-embeddings',
      `${vectors.length} numbers are not ${labels.length} rows (one for each label) of dimension ${dimension}.`,
    );
  }
  for (let i = 0; i < vectors.length; i++) {
    if (!Number.isFinite(vectors[i])) {
      throw new KitError(
        'invalid-embeddings',
        `Row ${Math.floor(i / dimension)} has ${vectors[i]} in column ${i % dimension}; every number must be finite.`,
      );
    }
  }
}

/** Rows divided by their length; zero rows stay zero. */
export function unitRows({ vectors, dimension }: Rows): Rows {
  const unit = new Float32Array(vectors.length);
  for (let start = 0; start < vectors.length; start += dimension) {
    let squares = 0;
    for (let i = start; i < start + dimension; i++) squares += vectors[i] * vectors[i];
    const factor = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let i = start; i < start + dimension; i++) unit[i] = vectors[i] * factor;
  }
  return { vectors: unit, dimension };
}

/** −‖row‖²/2: added to a product it ranks by Euclidean distance. */
export function negativeHalfSquares({ vectors, dimension }: Rows): Float32Array {
  return Float32Array.from({ length: vectors.length / dimension }, (_, row) => {
    let squares = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) squares += vectors[i] * vectors[i];
    return -squares / 2;
  });
}
