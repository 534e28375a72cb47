import type { EmbeddingTable } from '../types/embedding-table.js';
import { positivesAndNegatives, squaredDistancesFrom } from './row-distances.js';
import { TripletList, type Triplets } from './triplet-list.js';

/** Squared distances of one triplet's sides. */
export interface TripletSides {
  readonly anchorPositive: number;
  readonly anchorNegative: number;
  /** Computed only for miners that ask for it. */
  readonly positiveNegative: number;
}

/** Every (anchor, positive, negative) of the table whose sides pass, in row order. Memory: the result and two rows of distances. */
export function filteredTriplets(
  table: EmbeddingTable,
  passes: (sides: TripletSides) => boolean,
  options: { readonly most?: number; readonly withThirdSide?: boolean } = {},
): Triplets {
  const list = new TripletList(options.most);
  for (let anchor = 0; anchor < table.labels.length; anchor++) {
    const { positives, negatives } = positivesAndNegatives(table.labels, anchor);
    if (positives.length === 0 || negatives.length === 0) continue;
    const fromAnchor = squaredDistancesFrom(table, anchor);
    for (const positive of positives) {
      const fromPositive = options.withThirdSide ? squaredDistancesFrom(table, positive) : null;
      for (const negative of negatives) {
        const sides = {
          anchorPositive: fromAnchor[positive],
          anchorNegative: fromAnchor[negative],
          positiveNegative: fromPositive === null ? Number.NaN : fromPositive[negative],
        };
        if (passes(sides)) list.add(anchor, positive, negative);
      }
    }
  }
  return list.columns();
}
