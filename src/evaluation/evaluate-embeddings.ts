import type { EmbeddingTable } from '../types/embedding-table.js';
import type { RunMetrics } from '../types/run-record.js';
import { adjustedMutualInformation } from './adjusted-mutual-information.js';
import { kMeans } from './k-means.js';
import { classSizes, precisionOfNeighbours } from './mean-average-precision-at-r.js';
import { nearestNeighbours, unitRows } from './nearest-neighbours.js';
import { normalizedMutualInformation } from './normalized-mutual-information.js';
import { pairwiseF1 } from './pairwise-f1.js';
import { recallOfNeighbours } from './recall-at-k.js';

export interface EvaluateEmbeddingsOptions {
  /** The Ks of Recall@K. */
  readonly ks: readonly number[];
  readonly kMeansSeed: number;
  readonly kMeansRestarts: number;
}

/**
 * Every score of one table. Neighbours by cosine; k-means, with as many clusters as there are classes, on the
 * rows put to unit length, so that both see the same geometry.
 */
export async function evaluateEmbeddings(
  table: EmbeddingTable,
  options: EvaluateEmbeddingsOptions,
): Promise<RunMetrics> {
  const { labels } = table;
  const sizes = classSizes(labels);
  const depth = Math.max(...options.ks, ...[...sizes.values()].map((size) => size - 1));
  const { indices, k } = await nearestNeighbours(table, Math.min(depth, labels.length - 1), {
    metric: 'cosine',
  });
  const { assignments } = await kMeans(
    { ...unitRows(table), labels },
    { k: sizes.size, seed: options.kMeansSeed, restarts: options.kMeansRestarts },
  );
  return {
    recallAtK: recallOfNeighbours(indices, k, labels, options.ks),
    normalizedMutualInformation: normalizedMutualInformation(assignments, labels),
    adjustedMutualInformation: adjustedMutualInformation(assignments, labels),
    pairwiseF1: pairwiseF1(assignments, labels),
    ...precisionOfNeighbours(indices, k, labels),
  };
}
