import type { ClassScores } from '../types/class-scores.js';
import type { PositiveRanks } from './positive-ranks.js';

/** What each class adds to Recall@1 and MAP@R, so that two tables of the same rows can be compared in pairs. */
export function scoresByClass(ranks: PositiveRanks, rowLabels: Int32Array): ClassScores {
  const labels = [...new Set(rowLabels)].sort((a, b) => a - b);
  const placeOf = new Map(labels.map((label, place) => [label, place]));
  const queries = labels.map(() => 0);
  const hitsAt1 = labels.map(() => 0);
  const precision = labels.map(() => 0);
  for (const [query, row] of ranks.queries.entries()) {
    const place = placeOf.get(rowLabels[row]) as number;
    queries[place]++;
    hitsAt1[place] += ranks.nearest[query] <= 1 ? 1 : 0;
    precision[place] += ranks.averagePrecisionAtR[query];
  }
  const meanAveragePrecisionAtR = precision.map((sum, place) =>
    queries[place] === 0 ? 0 : Number((sum / queries[place]).toFixed(6)),
  );
  return { labels, queries, hitsAt1, meanAveragePrecisionAtR };
}
