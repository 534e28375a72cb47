import type { ClassScores } from '../types/class-scores.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import type { RunMetrics } from '../types/run-record.js';
import { adjustedMutualInformation } from './adjusted-mutual-information.js';
import {
  bootstrapIntervals,
  classIndex,
  clusteringShares,
  type Interval,
  retrievalShares,
} from './class-bootstrap.js';
import { scoresByClass } from './class-scores.js';
import { type Metric, unitRows } from './embedding-geometry.js';
import { type KMeansResult, kMeans } from './k-means.js';
import { precisionOfRanks } from './mean-average-precision-at-r.js';
import { reciprocalOfRanks } from './mean-reciprocal-rank.js';
import { normalizedMutualInformation } from './normalized-mutual-information.js';
import { pairwiseF1 } from './pairwise-f1.js';
import { rankPositives, type SingleImageClasses } from './positive-ranks.js';
import { checkKs, recallOfRanks } from './recall-at-k.js';

export interface EvaluateEmbeddingsOptions {
  /** The Ks of Recall@K, whole numbers from 1 to n − 1. */
  readonly ks: readonly number[];
  readonly kMeansSeed: number;
  readonly kMeansRestarts: number;
  /** Lloyd steps at most. Default 100. */
  readonly kMeansIterations?: number;
  /** Default cosine. Under cosine, k-means sees the rows put to unit length, so that both see one geometry. */
  readonly metric?: Metric;
  /** Default `miss`. k-means, NMI, AMI and F1 are over all rows in either case. */
  readonly singleImageClasses?: SingleImageClasses;
  /** Draws of a bootstrap over classes; 0, the default, computes no intervals. */
  readonly bootstrap?: number;
  onProgress?(stage: 'neighbours' | 'k-means', done: number, total: number): void;
  readonly signal?: AbortSignal;
}

export interface Evaluation extends RunMetrics {
  readonly meanReciprocalRank: number;
  readonly classScores: ClassScores;
  /** Rows that were asked for. */
  readonly queries: number;
  readonly classes: number;
  readonly clustering: KMeansResult;
  /** 95% bootstrap intervals over classes by score, `recallAtK.1` and so on; absent unless asked for. */
  readonly intervals?: Readonly<Record<string, Interval>>;
}

/**
 * Every score of one table from one search and one clustering with as many clusters as there are classes.
 *
 * @throws KitError `invalid-embeddings` (a number that is not finite, by row; labels that don't fit),
 *   `invalid-argument`, `cancelled`
 */
export async function evaluateEmbeddings(
  table: EmbeddingTable,
  options: EvaluateEmbeddingsOptions,
): Promise<RunMetrics> {
  return runMetricsOf(await evaluateInDetail(table, options));
}

/** The scores that a run's record holds, without what lies behind them. */
export function runMetricsOf(evaluation: Evaluation): RunMetrics {
  const { recallAtK, normalizedMutualInformation, adjustedMutualInformation, pairwiseF1 } = evaluation;
  const { meanAveragePrecisionAtR, rPrecision } = evaluation;
  return {
    recallAtK,
    normalizedMutualInformation,
    adjustedMutualInformation,
    pairwiseF1,
    meanAveragePrecisionAtR,
    rPrecision,
  };
}

/** As `evaluateEmbeddings`, with what lies behind the scores and, where asked for, their intervals. */
export async function evaluateInDetail(
  table: EmbeddingTable,
  options: EvaluateEmbeddingsOptions,
): Promise<Evaluation> {
  const { metric = 'cosine', ks, bootstrap = 0, signal } = options;
  const { labels } = table;
  checkKs(ks, labels.length);
  const ranks = await rankPositives(table, {
    metric,
    singleImageClasses: options.singleImageClasses,
    signal,
    onProgress: (done, total) => options.onProgress?.('neighbours', done, total),
  });
  const { classes } = classIndex(labels);
  const points = metric === 'cosine' ? { ...unitRows(table), labels } : table;
  const clustering = await kMeans(points, {
    k: classes,
    seed: options.kMeansSeed,
    restarts: options.kMeansRestarts,
    iterations: options.kMeansIterations,
    signal,
    onProgress: (step, changed) => options.onProgress?.('k-means', step, changed),
  });
  const { assignments } = clustering;
  const evaluation: Evaluation = {
    recallAtK: recallOfRanks(ranks, ks),
    normalizedMutualInformation: normalizedMutualInformation(assignments, labels),
    adjustedMutualInformation: adjustedMutualInformation(assignments, labels),
    pairwiseF1: pairwiseF1(assignments, labels),
    ...precisionOfRanks(ranks),
    meanReciprocalRank: reciprocalOfRanks(ranks),
    classScores: scoresByClass(ranks, labels),
    queries: ranks.queries.length,
    classes,
    clustering,
  };
  if (bootstrap === 0) return evaluation;
  const mean = (value: (query: number) => number) => retrievalShares(ranks, labels, value);
  const intervals = bootstrapIntervals(
    {
      ...Object.fromEntries(
        ks.map((k) => [`recallAtK.${k}`, mean((query) => (ranks.nearest[query] <= k ? 1 : 0))]),
      ),
      ...clusteringShares(labels, assignments),
      meanAveragePrecisionAtR: mean((query) => ranks.averagePrecisionAtR[query]),
      rPrecision: mean((query) => ranks.rPrecision[query]),
      meanReciprocalRank: mean((query) => 1 / ranks.nearest[query]),
    },
    { draws: bootstrap, seed: options.kMeansSeed },
  );
  return { ...evaluation, intervals };
}
