import { KitError } from '../kit-error.js';
import { SeededRandom } from '../seeded-random.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { centredRows, checkTable, euclideanGallery, meanRow, squaredNorms } from './embedding-geometry.js';
import { pickRows, plusPlusStarts, ROUNDING } from './k-means-starts.js';
import { largestScore, type Rows, type ScoreEngine } from './score-engine.js';
import { scoreEngine } from './start-score-engine.js';

export interface KMeansOptions {
  /** Number of clusters. */
  readonly k: number;
  readonly seed: number;
  /** Runs from different starts, the one of least inertia being kept. Default 1. */
  readonly restarts?: number;
  /** Lloyd steps at most; stops earlier when no row changes its cluster. Default 100. */
  readonly iterations?: number;
  /** Called after every Lloyd step with the steps of this restart and the rows that changed their cluster. */
  onProgress?(step: number, changed: number): void;
  readonly signal?: AbortSignal;
}

export interface KMeansResult {
  /** Cluster of each row: the one of the nearest centroid, the lower one among equally near. */
  readonly assignments: Int32Array;
  /** k × dimension, row-major. */
  readonly centroids: Float32Array;
  /** Sum of squared distances of the rows to their centroids. */
  readonly inertia: number;
  /** Lloyd steps taken. */
  readonly iterations: number;
  /** Whether it ended because no row changed its cluster any more. */
  readonly converged: boolean;
}

/**
 * k-means with greedy k-means++ starts (see `plusPlusStarts`) and Lloyd steps, Euclidean, on the vectors as they are. A cluster that loses all
 * rows is moved to the row that lies farthest from its own centroid (the lower row among equals) and takes it
 * over; it stays empty where there are fewer different rows than clusters.
 *
 * @throws KitError `invalid-argument` for k outside 1 … n; `invalid-embeddings`; `cancelled`
 */
export async function kMeans(table: EmbeddingTable, options: KMeansOptions): Promise<KMeansResult> {
  checkTable(table);
  const { k, restarts = 1 } = options;
  const n = table.labels.length;
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new KitError(
      'invalid-argument',
      `${k} clusters were asked for of ${n} rows; k must be a whole number between 1 and ${n}.`,
    );
  }
  const centre = meanRow(table);
  const rows = centredRows(table, centre);
  const squares = squaredNorms(rows);
  const engine = await scoreEngine();
  let best: KMeansResult | undefined;
  for (let restart = 0; restart < Math.max(1, restarts); restart++) {
    const random = new SeededRandom(options.seed).fork(`k-means ${restart}`);
    const starts = await plusPlusStarts(engine, rows, squares, k, random);
    const result = await lloyd(engine, rows, squares, pickRows(rows, starts).vectors, options);
    if (best === undefined || result.inertia < best.inertia) best = result;
  }
  const { centroids } = best as KMeansResult;
  for (let i = 0; i < centroids.length; i++) centroids[i] += centre[i % table.dimension];
  return best as KMeansResult;
}

/** Where the rows stand between two steps. */
interface Clustering {
  readonly assignments: Int32Array;
  /** x·c − ‖c‖²/2 of each row and its centroid. */
  readonly scores: Float32Array;
  /** Rows of each cluster. */
  readonly sizes: Int32Array;
  /** Clusters whose rows are no longer those that their centroid is the mean of. */
  readonly stale: Uint8Array;
}

async function lloyd(
  engine: ScoreEngine,
  rows: Rows,
  squares: Float64Array,
  centroids: Float32Array,
  { iterations = 100, onProgress, signal }: KMeansOptions,
): Promise<KMeansResult> {
  const { dimension } = rows;
  const n = squares.length;
  const k = centroids.length / dimension;
  const clustering: Clustering = {
    assignments: new Int32Array(n).fill(-1),
    scores: new Float32Array(n),
    sizes: new Int32Array(k),
    stale: new Uint8Array(k),
  };
  let moved = Int32Array.from({ length: k }, (_, cluster) => cluster);
  for (let step = 0; ; step++) {
    if (signal?.aborted) throw new KitError('cancelled', `Stopped after ${step} steps of k-means.`);
    let changed = await assign(engine, rows, { vectors: centroids, dimension }, moved, clustering);
    if (step < iterations) changed += refillEmptyClusters(squares, clustering);
    onProgress?.(step, changed);
    if (changed === 0 || step === iterations) {
      const { assignments } = clustering;
      const converged = changed === 0;
      return {
        assignments,
        centroids,
        inertia: inertiaOf(rows, centroids, assignments),
        iterations: step,
        converged,
      };
    }
    moved = moveToMeans(rows, centroids, clustering);
  }
}

/**
 * Gives each row its nearest centroid. Only what a moved centroid can change is computed: rows whose own centroid
 * moved meet all centroids, the others only the moved ones.
 *
 * @returns the rows that changed their cluster
 */
async function assign(
  engine: ScoreEngine,
  rows: Rows,
  centroids: Rows,
  moved: Int32Array,
  { assignments, scores, sizes, stale }: Clustering,
): Promise<number> {
  const all = euclideanGallery(centroids);
  const k = sizes.length;
  const hasMoved = new Uint8Array(k);
  for (const cluster of moved) hasMoved[cluster] = 1;
  const unsettled: number[] = [];
  const settled: number[] = [];
  for (let row = 0; row < assignments.length; row++) {
    const own = assignments[row];
    (own < 0 || hasMoved[own] === 1 ? unsettled : settled).push(row);
  }
  let changed = 0;
  const give = (row: number, cluster: number, score: number) => {
    scores[row] = score;
    const before = assignments[row];
    if (cluster === before) return;
    changed++;
    assignments[row] = cluster;
    sizes[cluster]++;
    stale[cluster] = 1;
    if (before >= 0) {
      sizes[before]--;
      stale[before] = 1;
    }
  };
  for (const block of blocksOf(unsettled)) {
    const top = await largestScore(engine, pickRows(rows, block), all);
    for (const [i, row] of block.entries()) give(row, top.indices[i], top.scores[i]);
  }
  if (moved.length === 0) return changed;
  const movedOnly = euclideanGallery(pickRows(centroids, moved));
  for (const block of blocksOf(settled)) {
    const top = await largestScore(engine, pickRows(rows, block), movedOnly);
    for (const [i, row] of block.entries()) {
      const cluster = moved[top.indices[i]];
      const nearer = top.scores[i] > scores[row];
      if (nearer || (top.scores[i] === scores[row] && cluster < assignments[row])) {
        give(row, cluster, top.scores[i]);
      }
    }
  }
  return changed;
}

/** Rows to be copied together at a time. */
const COPIED_ROWS = 8192;

function* blocksOf(rows: readonly number[]): Generator<readonly number[]> {
  for (let start = 0; start < rows.length; start += COPIED_ROWS) yield rows.slice(start, start + COPIED_ROWS);
}

/** @returns the clusters that took over a row */
function refillEmptyClusters(squares: Float64Array, clustering: Clustering): number {
  const { assignments, scores, sizes, stale } = clustering;
  const empty = Int32Array.from(sizes.keys()).filter((cluster) => sizes[cluster] === 0);
  if (empty.length === 0) return 0;
  const distance = (row: number) => squares[row] - 2 * scores[row];
  const farthestFirst = Array.from(assignments.keys())
    .filter((row) => distance(row) > ROUNDING * squares[row])
    .sort((a, b) => distance(b) - distance(a) || a - b);
  let refilled = 0;
  for (const row of farthestFirst) {
    if (refilled === empty.length) break;
    const donor = assignments[row];
    if (sizes[donor] < 2) continue;
    const cluster = empty[refilled++];
    sizes[donor]--;
    sizes[cluster] = 1;
    stale[donor] = stale[cluster] = 1;
    assignments[row] = cluster;
  }
  return refilled;
}

/** Moves the centroids of stale clusters to the means of their rows. @returns those clusters */
function moveToMeans(
  { vectors, dimension }: Rows,
  centroids: Float32Array,
  { assignments, sizes, stale }: Clustering,
): Int32Array<ArrayBuffer> {
  const moved = Int32Array.from(sizes.keys()).filter((cluster) => stale[cluster] === 1 && sizes[cluster] > 0);
  const place = new Int32Array(sizes.length).fill(-1);
  for (const [i, cluster] of moved.entries()) place[cluster] = i;
  const sums = new Float64Array(moved.length * dimension);
  for (let row = 0; row < assignments.length; row++) {
    const to = place[assignments[row]] * dimension;
    if (to < 0) continue;
    const from = row * dimension;
    for (let i = 0; i < dimension; i++) sums[to + i] += vectors[from + i];
  }
  for (const [at, cluster] of moved.entries()) {
    for (let i = 0; i < dimension; i++) {
      centroids[cluster * dimension + i] = sums[at * dimension + i] / sizes[cluster];
    }
  }
  stale.fill(0);
  return moved;
}

function inertiaOf({ vectors, dimension }: Rows, centroids: Float32Array, assignments: Int32Array): number {
  let inertia = 0;
  for (let row = 0; row < assignments.length; row++) {
    const a = row * dimension;
    const b = assignments[row] * dimension;
    for (let i = 0; i < dimension; i++) inertia += (vectors[a + i] - centroids[b + i]) ** 2;
  }
  return inertia;
}
