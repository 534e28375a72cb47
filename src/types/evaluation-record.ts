import type { RunMetrics } from './run-record.js';

/** A file that was read. */
export interface FileIdentity {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
}

/** The scores of one table of embeddings, from where they come and how they were computed. */
export interface EvaluationRecord {
  readonly format: 1;
  readonly kind: 'evaluation';
  readonly embeddings: FileIdentity & {
    readonly rows: number;
    readonly dimension: number;
    readonly classes: number;
    /** How many classes have one row. */
    readonly singleImageClasses: number;
  };
  /** Words that the labels were, in the order of their first rows; null where they were numbers. */
  readonly classNames: readonly string[] | null;
  /** What was decided about the files, and what looks odd in them. */
  readonly notes: readonly string[];
  /** Null where the file of embeddings holds them. */
  readonly labels: FileIdentity | null;
  readonly evaluation: {
    readonly ks: readonly number[];
    readonly kMeansSeed: number;
    readonly kMeansRestarts: number;
    readonly metric: 'cosine';
    /** Queries whose class has no other row: failed, or left out. */
    readonly singleImageClasses: 'miss' | 'exclude';
  };
  readonly versions: Readonly<Record<string, string>>;
  /** Shares between 0 and 1. */
  readonly metrics: RunMetrics & { readonly meanReciprocalRank: number };
  /** 95% intervals by score, `recallAtK.1` and so on, of a bootstrap over classes; null unless asked for. */
  readonly intervals: {
    readonly draws: number;
    readonly byScore: Readonly<Record<string, readonly [low: number, high: number]>>;
  } | null;
  /** `inertia` is of the rows put to unit length. */
  readonly kMeans: { readonly clusters: number; readonly inertia: number; readonly iterations: number };
  /** Rows that were asked for. */
  readonly queries: number;
  readonly seconds: number;
}
