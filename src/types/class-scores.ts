/** Scores of one table of embeddings by class: arrays side by side, one entry a class. */
export interface ClassScores {
  /** Labels of the classes, in rising order. */
  readonly labels: readonly number[];
  /** Rows of each class that were asked for. */
  readonly queries: readonly number[];
  /** Of those, how many have a row of their class nearest: Recall@1 is the sum of these over the sum of `queries`. */
  readonly hitsAt1: readonly number[];
  /** Mean over the queries of each class, 0 to 1, to six decimals. */
  readonly meanAveragePrecisionAtR: readonly number[];
}
