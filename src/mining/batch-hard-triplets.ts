import type { EmbeddingTable } from '../types/embedding-table.js';
import { requireLabelled } from './mined-table.js';
import { positivesAndNegatives, squaredDistancesFrom } from './row-distances.js';
import { TripletList, type Triplets } from './triplet-list.js';

/**
 * Batch-hard (Hermans et al. 2017): for each anchor its farthest positive and its nearest negative, the lower row among
 * equals. An anchor without a positive or a negative gives none.
 */
export function batchHardTriplets(table: EmbeddingTable): Triplets {
  requireLabelled(table);
  const list = new TripletList();
  for (let anchor = 0; anchor < table.labels.length; anchor++) {
    const { positives, negatives } = positivesAndNegatives(table.labels, anchor);
    if (positives.length === 0 || negatives.length === 0) continue;
    const distances = squaredDistancesFrom(table, anchor);
    const farthest = positives.reduce((best, row) => (distances[row] > distances[best] ? row : best));
    const nearest = negatives.reduce((best, row) => (distances[row] < distances[best] ? row : best));
    list.add(anchor, farthest, nearest);
  }
  return list.columns();
}
