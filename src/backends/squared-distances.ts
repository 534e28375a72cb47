/** A kernel's name: x [n, d], products x xᵀ [n, n] → squared distances [n, n], squared lengths [n]. */
export const SQUARED_DISTANCES = 'KitSquaredDistances';
/** A kernel's name: x, squared, lengths and the slopes [n, n] of a function of them → its gradient to x, [n, d]. */
export const SQUARED_DISTANCES_GRADIENT = 'KitSquaredDistancesGradient';

/** A pair costs so many times more by its difference than inside a matrix product. */
const DIFFERENCE_OVER_PRODUCT = 16;

/**
 * Squared distances [n, n] of the rows of x [n, d], and the squared lengths [n], from the products x xᵀ; where a distance
 * is below the share `close` of both squared lengths, from the difference of the rows.
 *
 * @param into filled
 */
export function fillSquaredDistances(
  { x, products, close }: { x: Float32Array; products: Float32Array; close: number },
  into: { readonly squared: Float32Array; readonly lengths: Float32Array },
): void {
  const { squared, lengths } = into;
  const n = lengths.length;
  const d = x.length / n;
  for (let i = 0; i < n; i++) {
    lengths[i] = products[i * n + i];
    squared[i * n + i] = 0;
    for (let j = 0; j < i; j++) {
      const both = lengths[i] + lengths[j];
      let distance = both - 2 * products[i * n + j];
      if (!(distance >= close * both)) {
        distance = 0;
        for (let k = 0, a = i * d, b = j * d; k < d; k++, a++, b++) distance += (x[a] - x[b]) ** 2;
      }
      squared[i * n + j] = distance;
      squared[j * n + i] = distance;
    }
  }
}

/** The pairs of rows that a gradient of distances comes from. */
export interface DistanceSlopes {
  /** [n, n]; times x it is the gradient of all pairs but those below. Void where `few`. */
  readonly laplacian: Float32Array;
  /** So few pairs count that all of them stand below. */
  readonly few: boolean;
  /** Row, row, slope; row, row, slope; …: pairs whose difference is to be taken. */
  readonly byDifference: readonly number[];
}

/**
 * Parts Σ_j 2 (s_ij + s_ji) (x_i − x_j), the gradient to x of a function of squared distances whose derivatives to them are
 * the slopes s, into what a matrix product gives, and what differences of rows do: close pairs, or all where few count.
 *
 * @param laplacian filled
 */
export function partSlopes(
  {
    slopes,
    squared,
    lengths,
    close,
  }: Record<'slopes' | 'squared' | 'lengths', Float32Array> & { close: number },
  laplacian: Float32Array,
): DistanceSlopes {
  const n = lengths.length;
  let counted = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) if (slopes[i * n + j] + slopes[j * n + i] !== 0) counted++;
  }
  const few = counted * DIFFERENCE_OVER_PRODUCT < (n * n) / 2;
  const byDifference: number[] = [];
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let slope = 2 * (slopes[i * n + j] + slopes[j * n + i]);
      if (slope !== 0 && (few || squared[i * n + j] < close * (lengths[i] + lengths[j]))) {
        byDifference.push(i, j, slope);
        slope = 0;
      }
      laplacian[i * n + j] = -slope;
      laplacian[j * n + i] = -slope;
      sums[i] += slope;
      sums[j] += slope;
    }
  }
  for (let i = 0; i < n; i++) laplacian[i * n + i] = sums[i];
  return { laplacian, few, byDifference };
}

/** Adds the parts of `byDifference` to a gradient [n, d]. */
export function addDifferences(
  gradient: Float32Array,
  { x, byDifference, rows }: { x: Float32Array; byDifference: readonly number[]; rows: number },
): void {
  const d = x.length / rows;
  for (let at = 0; at < byDifference.length; at += 3) {
    const slope = byDifference[at + 2];
    for (let k = 0, a = byDifference[at] * d, b = byDifference[at + 1] * d; k < d; k++, a++, b++) {
      const part = slope * (x[a] - x[b]);
      gradient[a] += part;
      gradient[b] -= part;
    }
  }
}
