import { KitError } from '../runtime/kit-error.js';
import { SeededRandom } from '../runtime/seeded-random.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { checkTable, negativeHalfSquares } from './nearest-neighbours.js';
import { type Rows, topProducts } from './top-products.js';

export interface KMeansOptions {
  /** Number of clusters. */
  readonly k: number;
  readonly seed: number;
  /** Runs from different starts, the one of least inertia being kept. Default 1. */
  readonly restarts?: number;
  /** Lloyd steps at most; stops earlier when no row changes its cluster. Default 100. */
  readonly iterations?: number;
}

export interface KMeansResult {
  /** Cluster of each row. */
  readonly assignments: Int32Array;
  /** k × dimension, row-major. */
  readonly centroids: Float32Array;
  /** Sum of squared distances of the rows to their centroids. */
  readonly inertia: number;
  readonly iterations: number;
}

const BLOCK_BYTES = 2 ** 26;

/**
 * k-means with k-means++ starts (Arthur & Vassilvitskii 2007) and Lloyd steps, Euclidean, on the vectors as
 * they are. A cluster that loses all rows is moved to the row that lies farthest from its own centroid.
 *
 * @throws KitError `invalid-argument` for k outside 1 … n
 */
export async function kMeans(table: EmbeddingTable, options: KMeansOptions): Promise<KMeansResult> {
  checkTable(table);
  const { k, restarts = 1, iterations = 100 } = options;
  const n = table.labels.length;
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new KitError(
      'invalid-argument',
      `${k} clusters were asked for of ${n} rows; k must be a whole number between 1 and ${n}.`,
    );
  }
  let best: KMeansResult | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const result = await lloyd(
      table,
      k,
      iterations,
      new SeededRandom(options.seed).fork(`k-means ${restart}`),
    );
    if (best === undefined || result.inertia < best.inertia) best = result;
  }
  return best as KMeansResult;
}

async function lloyd(rows: Rows, k: number, iterations: number, random: SeededRandom): Promise<KMeansResult> {
  const { vectors, dimension } = rows;
  const n = vectors.length / dimension;
  const squares = negativeHalfSquares(rows).map((value) => -2 * value);
  const centroids = plusPlusStarts(rows, k, random);
  let assignments = new Int32Array(n).fill(-1);
  for (let iteration = 1; ; iteration++) {
    const { nearest, distances } = await assign(rows, { vectors: centroids, dimension }, squares);
    const settled = nearest.every((cluster, row) => cluster === assignments[row]);
    assignments = nearest;
    if (settled || iteration > iterations) {
      const inertia = distances.reduce((sum, distance) => sum + distance, 0);
      return { assignments, centroids, inertia, iterations: iteration - 1 };
    }
    moveToMeans(rows, centroids, assignments, distances);
  }
}

async function assign(rows: Rows, centroids: Rows, squares: Float32Array) {
  const { vectors, dimension } = rows;
  const n = squares.length;
  const bias = negativeHalfSquares(centroids);
  const nearest = new Int32Array(n);
  const distances = new Float64Array(n);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / 4 / bias.length));
  for (let start = 0; start < n; start += blockRows) {
    const end = Math.min(n, start + blockRows);
    const block = { vectors: vectors.subarray(start * dimension, end * dimension), dimension };
    const { indices, scores } = await topProducts(block, centroids, bias, 1);
    nearest.set(indices, start);
    for (let row = start; row < end; row++)
      distances[row] = Math.max(0, squares[row] - 2 * scores[row - start]);
  }
  return { nearest, distances };
}

function moveToMeans(
  rows: Rows,
  centroids: Float32Array,
  assignments: Int32Array,
  distances: Float64Array,
): void {
  const { vectors, dimension } = rows;
  const k = centroids.length / dimension;
  const sums = new Float64Array(centroids.length);
  const counts = new Int32Array(k);
  for (let row = 0; row < assignments.length; row++) {
    const to = assignments[row] * dimension;
    counts[assignments[row]]++;
    for (let i = 0; i < dimension; i++) sums[to + i] += vectors[row * dimension + i];
  }
  for (let cluster = 0; cluster < k; cluster++) {
    const at = cluster * dimension;
    if (counts[cluster] > 0) {
      for (let i = 0; i < dimension; i++) centroids[at + i] = sums[at + i] / counts[cluster];
    } else {
      const farthest = distances.reduce((far, distance, row) => (distance > distances[far] ? row : far), 0);
      distances[farthest] = 0;
      centroids.set(vectors.subarray(farthest * dimension, (farthest + 1) * dimension), at);
    }
  }
}

/** Each start is drawn with probability proportional to the squared distance to the nearest start so far. */
function plusPlusStarts({ vectors, dimension }: Rows, k: number, random: SeededRandom): Float32Array {
  const n = vectors.length / dimension;
  const starts = new Float32Array(k * dimension);
  const distances = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  let chosen = random.integer(n);
  for (let start = 0; ; start++) {
    starts.set(vectors.subarray(chosen * dimension, (chosen + 1) * dimension), start * dimension);
    if (start === k - 1) return starts;
    let total = 0;
    for (let row = 0; row < n; row++) {
      let squared = 0;
      for (let i = 0, a = row * dimension, b = chosen * dimension; i < dimension; i++, a++, b++) {
        squared += (vectors[a] - vectors[b]) ** 2;
      }
      if (squared < distances[row]) distances[row] = squared;
      total += distances[row];
    }
    let left = random.uniform() * total - distances[0];
    chosen = 0;
    while (chosen < n - 1 && left >= 0) left -= distances[++chosen];
  }
}
