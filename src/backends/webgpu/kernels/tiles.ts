/** How a workgroup shares a tile of a matrix product: each thread has `rows`×`columns` of its `m`×`n` values. */
export interface Tile {
  readonly m: number;
  readonly n: number;
  readonly rows: number;
  readonly columns: number;
  /** Of the sum, a step: 8 or 16. */
  readonly k: number;
}

/** And how many workgroups share the sum of one tile; their parts are added afterwards. */
export interface Tiling {
  readonly tile: Tile;
  readonly splits: number;
}

export const threadsOf = ({ m, n, rows, columns }: Tile): number => (m / rows) * (n / columns);
export const tileName = ({ m, n, rows, columns, k }: Tile): string => `${m}x${n}x${k} by ${rows}x${columns}`;

const tile = (m: number, n: number, rows: number, columns: number, k = 8): Tile => ({
  m,
  n,
  rows,
  columns,
  k,
});

/** From the one that reads least to those that leave least idle. */
export const TILES: readonly Tile[] = [
  tile(128, 128, 8, 8),
  tile(128, 64, 8, 8),
  tile(64, 128, 8, 8),
  tile(128, 64, 8, 4),
  tile(64, 64, 8, 8),
  tile(64, 64, 8, 4),
  tile(64, 64, 4, 4),
  tile(128, 32, 8, 8),
  tile(64, 32, 8, 4),
  tile(32, 32, 4, 4),
];

/** Of a matrix product: its rows, columns and length of its sums. */
export interface ProductSize {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * A data-centre GPU's: multiprocessors, multiplications a nanosecond in each, and the nanoseconds that a step of a workgroup
 * takes at the least. A wrong guess costs time only.
 */
const MULTIPROCESSORS = 132;
const RATE = 200;
const STEP_LATENCY = 450;
const LAUNCH = 3000;
const BYTES_PER_NANOSECOND = 2500;

/** The share of a multiprocessor's rate that a tile reaches: what each thread reads for what it multiplies. */
function efficiency({ rows, columns }: Tile): number {
  return rows * columns >= 64 ? 0.7 : rows * columns >= 32 ? 0.55 : 0.4;
}

/** In nanoseconds, on a data-centre GPU. */
export function estimatedTime({ m, n, k }: ProductSize, { tile, splits }: Tiling): number {
  const workgroups = Math.ceil(m / tile.m) * Math.ceil(n / tile.n) * splits;
  const steps = Math.ceil(k / tile.k / splits);
  const busiest = Math.ceil(workgroups / MULTIPROCESSORS);
  const atOnce = Math.max(1, Math.floor(512 / threadsOf(tile)));
  const work = (tile.m * tile.n * tile.k) / (RATE * efficiency(tile));
  const product = steps * Math.max(busiest * work, Math.ceil(busiest / atOnce) * STEP_LATENCY);
  const parts = splits === 1 ? 0 : LAUNCH + (2 * 4 * m * n * splits) / BYTES_PER_NANOSECOND;
  return product + parts;
}

const chosen = new Map<string, Tiling>();
let forced: Tiling | null = null;
let measured: readonly MeasuredTiling[] = [];

/** The tiling that was measured to be the fastest for a product about as large, else the one of least estimated time. @param kind `rows` of a patch product, or `sums` over patches */
export function tilingFor(size: ProductSize, kind: 'rows' | 'sums'): Tiling {
  if (forced !== null) return forced;
  const key = `${kind} ${size.m} ${size.n} ${size.k}`;
  let tiling = chosen.get(key);
  if (tiling === undefined) {
    tiling =
      measuredTiling(size, kind) ??
      tilingsOf(size, kind).reduce((best, next) =>
        estimatedTime(size, next) < estimatedTime(size, best) ? next : best,
      );
    chosen.set(key, tiling);
  }
  return tiling;
}

/** Bytes that may be spent on parts of one product. */
const LARGEST_PARTS = 2 ** 28;

/** Those worth a try: sums over pixels are long and split finely, which also keeps their rounding errors small. */
export function tilingsOf({ m, n, k }: ProductSize, kind: 'rows' | 'sums'): Tiling[] {
  const shortest = kind === 'rows' ? 128 : 256;
  return TILES.flatMap((tile) => {
    const tiles = Math.ceil(m / tile.m) * Math.ceil(n / tile.n);
    const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].filter(
      (splits) =>
        splits === 1 ||
        (k / splits >= shortest && tiles * splits <= 2112 && 4 * m * n * splits <= LARGEST_PARTS),
    );
    return counts.map((splits) => ({ tile, splits }));
  });
}

/** The fastest tiling of a product of this size, as `bench/gpu-tune.mjs` measures it. */
export interface MeasuredTiling extends ProductSize, Tiling {
  readonly kind: 'rows' | 'sums';
}

/** What grows with the batch may differ by so much. */
const SIMILAR = 1.6;

function measuredTiling({ m, n, k }: ProductSize, kind: 'rows' | 'sums'): Tiling | null {
  let nearest: { readonly tiling: Tiling; readonly ratio: number } | null = null;
  for (const entry of measured) {
    const isAlike = entry.kind === kind && entry.n === n && (kind === 'rows' ? entry.k === k : entry.m === m);
    const ratio = kind === 'rows' ? m / entry.m : k / entry.k;
    const distance = Math.max(ratio, 1 / ratio);
    if (isAlike && distance < (nearest?.ratio ?? SIMILAR))
      nearest = { tiling: { tile: entry.tile, splits: entry.splits }, ratio: distance };
  }
  return nearest?.tiling ?? null;
}

/** Takes these instead of those that come with the kit. */
export function useMeasuredTilings(tilings: readonly MeasuredTiling[]): void {
  measured = tilings;
  chosen.clear();
}

/** Takes this tiling for every product, or with null the estimated ones again: for measuring. */
export function forceTiling(tiling: Tiling | null): void {
  forced = tiling;
}
