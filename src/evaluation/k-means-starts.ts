import type { SeededRandom } from '../seeded-random.js';
import { euclideanGallery } from './embedding-geometry.js';
import { largestScore, type Rows, rowBlocks, rowSlice, type ScoreEngine } from './score-engine.js';

/**
 * `perAdded`: starts drawn already for each one that is drawn before distances are brought up to date. Where there are
 * many clusters the starts would take far longer than the Lloyd steps after them, and two tries a start keep most of what
 * more of them gain.
 */
const effortFor = (k: number) =>
  k <= 1024 ? { tries: 2 + Math.floor(Math.log(k)), perAdded: 64 } : { tries: 2, perAdded: 16 };

/** Squared distances below this share of ‖x‖² are float32's rounding: such rows coincide. */
export const ROUNDING = 1e-6;

/**
 * Greedy k-means++ starts (Arthur & Vassilvitskii 2007, section 5; scikit-learn's): rows are drawn with a
 * probability that is proportional to their squared distance to the nearest start so far, and of 2 + ⌊ln k⌋ rows
 * drawn (two, above 1,024 clusters) the one is taken that lessens the sum of those distances most. As in k-means||
 * (Bahmani et al. 2012), several starts are taken before distances are brought up to date, one for every 64 (16) there
 * are, so that matrix products and not passes over the memory bound the time; there is no second stage, since exactly k
 * are taken.
 *
 * @param squares ‖x‖² of each row
 * @returns the k different rows taken
 */
export async function plusPlusStarts(
  engine: ScoreEngine,
  rows: Rows,
  squares: Float64Array,
  k: number,
  random: SeededRandom,
): Promise<Int32Array> {
  const n = squares.length;
  const { tries, perAdded } = effortFor(k);
  const distances = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const sums = new Float64Array(n);
  const isStart = new Uint8Array(n);
  const starts: number[] = [];
  for (let taken = [random.integer(n)]; ; ) {
    starts.push(...taken);
    if (starts.length === k) return Int32Array.from(starts);
    for (const row of taken) isStart[row] = 1;
    await shorten(engine, rows, squares, taken, distances);
    let total = 0;
    for (let row = 0; row < n; row++) {
      if (isStart[row] === 0) total += distances[row];
      sums[row] = total;
    }
    const draw = () => (total > 0 ? firstAbove(sums, random.uniform() * total) : isStart.indexOf(0));
    const size = Math.min(k - starts.length, Math.ceil(starts.length / perAdded));
    const candidates = Array.from({ length: size * tries }, draw);
    const gains = await gainsOf(engine, rows, squares, candidates, distances);
    taken = [];
    for (let first = 0; first < candidates.length; first += tries) {
      let best = first;
      for (let i = first + 1; i < first + tries; i++) if (gains[i] > gains[best]) best = i;
      if (!taken.includes(candidates[best])) taken.push(candidates[best]);
    }
  }
}

/** By how much half the sum of squared distances would fall with each candidate among the starts. */
async function gainsOf(
  engine: ScoreEngine,
  rows: Rows,
  squares: Float64Array,
  candidates: readonly number[],
  distances: Float64Array,
): Promise<Float64Array> {
  const gallery = euclideanGallery(pickRows(rows, candidates));
  const gains = new Float64Array(candidates.length);
  const thresholds = Float32Array.from(squares, (square, row) => (square - distances[row]) / 2);
  for (const [start, end] of rowBlocks(squares.length, candidates.length)) {
    const sums = await engine.excess(rowSlice(rows, start, end), gallery, thresholds.subarray(start, end));
    for (let i = 0; i < gains.length; i++) gains[i] += sums[i];
  }
  return gains;
}

/** Brings squared distances to the nearest start up to date with the latest starts. */
async function shorten(
  engine: ScoreEngine,
  rows: Rows,
  squares: Float64Array,
  latest: readonly number[],
  distances: Float64Array,
): Promise<void> {
  const gallery = euclideanGallery(pickRows(rows, latest));
  const { scores } = await largestScore(engine, rows, gallery);
  for (let row = 0; row < distances.length; row++) {
    distances[row] = Math.min(distances[row], squaredDistance(squares[row], scores[row]));
  }
}

/** ‖x − c‖² of ‖x‖² and x·c − ‖c‖²/2. */
function squaredDistance(square: number, score: number): number {
  const squared = square - 2 * score;
  return squared > ROUNDING * square ? squared : 0;
}

export function pickRows({ vectors, dimension }: Rows, picked: ArrayLike<number>): Rows {
  const rows = new Float32Array(picked.length * dimension);
  for (let i = 0; i < picked.length; i++) {
    rows.set(vectors.subarray(picked[i] * dimension, (picked[i] + 1) * dimension), i * dimension);
  }
  return { vectors: rows, dimension };
}

/** The first place where the rising `sums` exceed `value`. */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
