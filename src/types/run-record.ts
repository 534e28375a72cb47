import type { ClassScores } from './class-scores.js';

/** One row of a training curve. */
export interface CurvePoint {
  readonly step: number;
  /** Mean training loss over the steps since the previous point; null at step 0. */
  readonly loss: number | null;
  /** Recall@1 on the validation classes, 0 to 1. */
  readonly validationRecallAt1: number;
  /** MAP@R on the validation classes, 0 to 1; absent in records of before 0.2. */
  readonly validationMeanAveragePrecisionAtR?: number;
  /** Recall@1 on an equal number of training classes, 0 to 1; shows overfitting. */
  readonly trainingRecallAt1: number;
}

/** Every score of a run, all of one checkpoint; shares between 0 and 1. */
export interface RunMetrics {
  /** Keyed by K: `{ "1": 0.45, "2": … }`. */
  readonly recallAtK: Readonly<Record<string, number>>;
  readonly normalizedMutualInformation: number;
  readonly adjustedMutualInformation: number;
  readonly pairwiseF1: number;
  readonly meanAveragePrecisionAtR: number;
  readonly rPrecision: number;
}

export interface ClassAndImageCount {
  readonly classes: number;
  readonly images: number;
}

/** What one run was, on what, where, and what came out: the evidence behind every published number. */
export interface RunRecord {
  /** 1 in records of before 0.2, which hold no scores by class. */
  readonly format: 1 | 2;
  /** First 16 hex digits of the SHA-256 of the canonical spec: same spec (seed included), same id. */
  readonly id: string;
  readonly experiment: string;
  /** The row of the table, for example `N-pair & angular`. */
  readonly method: string;
  /** The validated spec, whole (see `experiments/run-spec.ts`). */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly environment: {
    /** Commit of the project, `-dirty` appended where tracked files under src/ differ; `unknown` outside git. */
    readonly commit: string;
    readonly backend: string;
    /** What computed: the processor, or the GPU with its driver. Absent in records of before 0.2. */
    readonly device?: string;
    readonly threads: number;
    /** Versions of the kit, of node and of the packages that decide numbers. */
    readonly versions: Readonly<Record<string, string>>;
    readonly platform: string;
    readonly cpu: string;
    readonly cores: number;
  };
  readonly data: {
    readonly name: string;
    readonly checksum: string;
    readonly partial: string | null;
    /** SHA-256 of the pretrained weights, where the model starts from some. */
    readonly weights?: string;
    readonly train: ClassAndImageCount;
    readonly validation: ClassAndImageCount;
    readonly test: ClassAndImageCount;
  };
  readonly curve: readonly CurvePoint[];
  /** The step of best validation Recall@1, by MAP@R among equals; `metrics` are of this checkpoint. */
  readonly chosenStep: number;
  /** What told the chosen step from the others: MAP@R where several have the best Recall@1. Absent in records of before 0.2. */
  readonly chosenBy?: 'validationRecallAt1' | 'validationMeanAveragePrecisionAtR';
  /** Null in a tuning experiment, where the test classes are not looked at. */
  readonly metrics: RunMetrics | null;
  /** Of the test classes, of the same checkpoint; absent in format 1 and where `metrics` is null. */
  readonly classScores?: ClassScores;
  readonly times: {
    readonly startedAt: string;
    readonly trainingSeconds: number;
    readonly evaluationSeconds: number;
  };
}
