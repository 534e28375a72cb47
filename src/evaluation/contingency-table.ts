import { KitError } from '../kit-error.js';
import { requireClassLabels } from '../types/class-labels.js';

/** Two labelings of the same n things, counted against each other. */
export interface ContingencyTable {
  readonly n: number;
  /** Sizes of the classes of each labeling. */
  readonly rowSums: readonly number[];
  readonly columnSums: readonly number[];
  /** The cells that are not empty. */
  readonly cells: readonly { readonly row: number; readonly column: number; readonly count: number }[];
}

/**
 * @param a integers of any size
 * @param b as many integers of any size
 * @throws KitError `invalid-argument` when they differ in number, or there is none
 */
export function contingencyTable(a: ArrayLike<number>, b: ArrayLike<number>): ContingencyTable {
  requireClassLabels(a);
  requireClassLabels(b);
  if (a.length !== b.length || a.length === 0) {
    throw new KitError(
      'invalid-argument',
      `Two labelings of ${a.length} and of ${b.length} things; expected the same number, 1 or more.`,
    );
  }
  const rows = new Map<number, number>();
  const columns = new Map<number, number>();
  const rowSums: number[] = [];
  const columnSums: number[] = [];
  const cells = new Map<number, { row: number; column: number; count: number }>();
  const numberOf = (label: number, known: Map<number, number>, sums: number[]) => {
    let index = known.get(label);
    if (index === undefined) {
      index = known.size;
      known.set(label, index);
      sums.push(0);
    }
    sums[index]++;
    return index;
  };
  for (let i = 0; i < a.length; i++) {
    const row = numberOf(a[i], rows, rowSums);
    const column = numberOf(b[i], columns, columnSums);
    const key = row * a.length + column;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, { row, column, count: 1 });
    else cell.count++;
  }
  return { n: a.length, rowSums, columnSums, cells: [...cells.values()] };
}

/** −Σ (size/n) log(size/n), in nats. */
export function entropy(sizes: readonly number[], n: number): number {
  return sizes.reduce((sum, size) => sum - (size / n) * Math.log(size / n), 0);
}

/** Mutual information in nats. */
export function mutualInformation({ n, rowSums, columnSums, cells }: ContingencyTable): number {
  return cells.reduce(
    (sum, { row, column, count }) =>
      sum + (count / n) * Math.log((n * count) / (rowSums[row] * columnSums[column])),
    0,
  );
}
