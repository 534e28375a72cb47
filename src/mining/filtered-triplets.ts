import type { EmbeddingTable } from '../types/embedding-table.js';
import { itemsByClass } from './items-by-class.js';
import { requireLabelled } from './mined-table.js';
import { squaredDistancesFrom } from './row-distances.js';
import { TripletList, type Triplets } from './triplet-list.js';

/**
 * Every (anchor, positive, negative) of the table whose squared sides pass, class after class, rows in order within a class.
 * Memory: the result and, for one class at a time, the distances from its rows to all.
 */
export function filteredTriplets(
  table: EmbeddingTable,
  passes: (anchorPositive: number, anchorNegative: number, positiveNegative: number) => boolean,
  options: { readonly most?: number } = {},
): Triplets {
  requireLabelled(table);
  const list = new TripletList(options.most);
  const { labels } = table;
  for (const members of itemsByClass(labels, 0, 2)) {
    const negatives = Array.from(labels.keys()).filter((row) => labels[row] !== labels[members[0]]);
    if (negatives.length === 0) continue;
    const distances = members.map((row) => squaredDistancesFrom(table, row));
    for (const [i, fromAnchor] of distances.entries()) {
      for (const [j, fromPositive] of distances.entries()) {
        if (i === j) continue;
        const anchorPositive = fromAnchor[members[j]];
        for (const negative of negatives) {
          if (passes(anchorPositive, fromAnchor[negative], fromPositive[negative])) {
            list.add(members[i], members[j], negative);
          }
        }
      }
    }
  }
  return list.columns();
}
