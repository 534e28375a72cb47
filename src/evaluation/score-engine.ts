/** Rows of float32, row-major. */
export interface Rows {
  readonly vectors: Float32Array;
  readonly dimension: number;
}

/** Rows with a number added to every product with them: a row's score is query · row + bias. */
export interface Gallery extends Rows {
  /** One for each row. */
  readonly bias: Float32Array;
}

export interface LargestScores {
  /** [queries, k], largest first; among equals the lower gallery row first. */
  readonly indices: Int32Array;
  /** [queries, k]. */
  readonly scores: Float32Array;
}

/** What turns blocks of queries × gallery into scores. The caller bounds queries × gallery. */
export interface ScoreEngine {
  /** Name and version, for records. */
  readonly name: string;
  /** query · row without a bias, [queries, gallery]; void at the next call. */
  products(queries: Rows, gallery: Rows): Promise<Float32Array>;
  largest(queries: Rows, gallery: Gallery, k: number): Promise<LargestScores>;
  /** [gallery]: by how much the scores exceed the queries' thresholds, summed over the queries. */
  excess(queries: Rows, gallery: Gallery, thresholds: Float32Array): Promise<Float32Array>;
}

export function rowCount({ vectors, dimension }: Rows): number {
  return vectors.length / dimension;
}

/** Rows `start` to `end` (excluded), without a copy. */
export function rowSlice<T extends Rows>(rows: T, start: number, end: number): Rows {
  const { vectors, dimension } = rows;
  return { vectors: vectors.subarray(start * dimension, end * dimension), dimension };
}

/** Gallery rows `start` to `end` (excluded), without a copy. */
function gallerySlice(gallery: Gallery, start: number, end: number): Gallery {
  return { ...rowSlice(gallery, start, end), bias: gallery.bias.subarray(start, end) };
}

/** Scores that a core's caches hold between the product that makes them and what is read off them. */
const CACHED_SCORES = 2 ** 20;
const CACHED_COLUMNS = 4096;

/**
 * Splits `rows` into blocks of nearly equal size, bounded for `columns` scores a row. The sizes depend on
 * nothing else, so that results do not either.
 *
 * @param scores at most so many at once, unless 32 rows have more
 */
export function rowBlocks(
  rows: number,
  columns: number,
  scores = CACHED_SCORES,
): Generator<readonly [start: number, end: number]> {
  return evenBlocks(0, rows, Math.max(32, Math.floor(scores / columns)));
}

/** Splits the columns from `start` to `end` (excluded) into blocks of nearly equal size. */
export function columnBlocks(start: number, end: number): Generator<readonly [start: number, end: number]> {
  return evenBlocks(start, end, CACHED_COLUMNS);
}

function* evenBlocks(
  start: number,
  end: number,
  most: number,
): Generator<readonly [start: number, end: number]> {
  const length = end - start;
  const blocks = Math.ceil(length / most);
  for (let block = 0; block < blocks; block++) {
    yield [
      start + Math.floor((length * block) / blocks),
      start + Math.floor((length * (block + 1)) / blocks),
    ];
  }
}

/** The largest score of each query over a gallery of any width; among equals the lower row's. */
export async function largestScore(
  engine: ScoreEngine,
  queries: Rows,
  gallery: Gallery,
): Promise<LargestScores> {
  const n = rowCount(queries);
  const indices = new Int32Array(n);
  const scores = new Float32Array(n).fill(Number.NEGATIVE_INFINITY);
  for (const [left, right] of columnBlocks(0, gallery.bias.length)) {
    const columns = gallerySlice(gallery, left, right);
    for (const [start, end] of rowBlocks(n, right - left)) {
      const top = await engine.largest(rowSlice(queries, start, end), columns, 1);
      for (let i = start; i < end; i++) {
        if (top.scores[i - start] <= scores[i]) continue;
        scores[i] = top.scores[i - start];
        indices[i] = left + top.indices[i - start];
      }
    }
  }
  return { indices, scores };
}
