import { evaluateInDetail, runMetricsOf } from '../evaluation/evaluate-embeddings.js';
import { type SingleImageClasses, singleImageClassesOf } from '../evaluation/positive-ranks.js';
import { readEmbeddingFile } from '../evaluation/read-embeddings.js';
import { scoreEngine } from '../evaluation/start-score-engine.js';
import { holdsMark, requireFreeOutputs } from '../files/planned-outputs.js';
import { sha256OfFile } from '../files/sha256-of-file.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { EVALUATION_MARKS, evaluationReport, evaluationScores } from '../report/evaluation-report.js';
import type { EvaluationRecord, FileIdentity } from '../types/evaluation-record.js';
import { kitVersion } from './version.js';

export interface EvaluateOptions {
  readonly labels?: string;
  /** Column (name, or number from 1) or array of an .npz that holds the labels. */
  readonly labelColumn?: string;
  readonly ks: readonly string[];
  readonly seed: number;
  readonly restarts: number;
  /** Draws of the bootstrap over classes; none by default. */
  readonly bootstrap?: number;
  /** Path of the record; table and page go beside it under the same name. */
  readonly out?: string;
  /** Default `miss`. */
  readonly singleImageClasses: SingleImageClasses;
  readonly force?: boolean;
}

/** `kit evaluate`: every score of embeddings that any framework made. */
export async function evaluateCommand(path: string, options: EvaluateOptions): Promise<void> {
  const inputs = options.labels === undefined ? [path] : [path, options.labels];
  if (options.out !== undefined)
    await requireFreeOutputs({ inputs, outputs: outputsOf(options.out), force: options.force });
  const { table, classNames, notes } = readEmbeddingFile(path, options.labels, options);
  for (const note of notes) print(`note: ${note}`);
  const ks = options.ks.map(Number);
  const most = table.labels.length - 1;
  if (most < 1)
    throw new KitError('invalid-embeddings', `${path} has ${most + 1} row; a neighbour needs two or more.`);
  const wrong = ks.findIndex((k) => !Number.isInteger(k) || k < 1 || k > most);
  if (wrong >= 0)
    throw new KitError(
      'invalid-argument',
      `--ks has ${options.ks[wrong]}; with ${most + 1} rows K is a whole number between 1 and ${most}.`,
    );
  const started = performance.now();
  const evaluation = await evaluateInDetail(table, {
    ks,
    kMeansSeed: options.seed,
    kMeansRestarts: options.restarts,
    bootstrap: options.bootstrap,
    singleImageClasses: options.singleImageClasses,
  });
  const { clustering, queries, classes, intervals, meanReciprocalRank } = evaluation;
  const single = singleImageClassesOf(table.labels);
  const record: EvaluationRecord = {
    format: 1,
    kind: 'evaluation',
    embeddings: {
      ...(await identityOf(path)),
      rows: table.labels.length,
      dimension: table.dimension,
      classes,
      singleImageClasses: single,
    },
    classNames: classNames ?? null,
    notes,
    labels: options.labels === undefined ? null : await identityOf(options.labels),
    evaluation: {
      ks,
      kMeansSeed: options.seed,
      kMeansRestarts: options.restarts,
      metric: 'cosine',
      singleImageClasses: options.singleImageClasses,
    },
    versions: { kit: kitVersion, node: process.versions.node, engine: (await scoreEngine()).name },
    metrics: { ...runMetricsOf(evaluation), meanReciprocalRank },
    intervals: intervals === undefined ? null : { draws: options.bootstrap ?? 0, byScore: intervals },
    kMeans: { clusters: classes, inertia: clustering.inertia, iterations: clustering.iterations },
    queries,
    seconds: (performance.now() - started) / 1000,
  };
  print(
    `${record.embeddings.rows} rows of ${table.dimension} dimensions, ${classes} classes; ${record.seconds.toFixed(1)} s`,
  );
  if (single > 0) print(singleImageNote(single, classes, options.singleImageClasses));
  for (const { name, percent, interval } of evaluationScores(record)) {
    const range = interval === null ? '' : `  95% ${interval.map((end) => end.toFixed(2)).join(' to ')}`;
    print(`${name.padEnd(14)} ${percent.toFixed(2).padStart(6)}${range}`);
  }
  if (options.out !== undefined) await write(record, options.out);
}

async function write(record: EvaluationRecord, out: string): Promise<void> {
  const { csv, markdown, html } = await evaluationReport(record);
  const texts = { json: `${JSON.stringify(record, null, 1)}\n`, csv, md: markdown, html };
  for (const { path, ending } of outputsOf(out)) {
    writeFileWhole(path, texts[ending]);
    print(path);
  }
}

function outputsOf(out: string) {
  const base = out.replace(/\.json$/i, '');
  return (['json', 'csv', 'md', 'html'] as const).map((ending) => ({
    ending,
    path: `${base}.${ending}`,
    isEarlierResult: holdsMark(EVALUATION_MARKS[ending]),
  }));
}

function singleImageNote(single: number, classes: number, counted: SingleImageClasses): string {
  const queries = `${single} of ${classes} classes ${single === 1 ? 'has' : 'have'} one row, which has nothing of its class to find:`;
  return counted === 'miss'
    ? `${queries} counted as ${single === 1 ? 'a miss' : 'misses'} (--single-image-classes exclude leaves them out)`
    : `${queries} left out of Recall@K, MAP@R, R-precision and MRR`;
}

async function identityOf(path: string): Promise<FileIdentity> {
  return { path, sha256: await sha256OfFile(path) };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
