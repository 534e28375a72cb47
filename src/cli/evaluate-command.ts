import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { evaluateInDetail } from '../evaluation/evaluate-embeddings.js';
import { readEmbeddings } from '../evaluation/read-embeddings.js';
import { scoreEngine } from '../evaluation/start-score-engine.js';
import { KitError } from '../runtime/kit-error.js';
import { writeFileWhole } from '../runtime/write-file-whole.js';
import { kitVersion } from './version.js';

export interface EvaluateOptions {
  readonly labels?: string;
  readonly ks: readonly string[];
  readonly seed: number;
  readonly restarts: number;
  /** Draws of the bootstrap over classes; none by default. */
  readonly bootstrap?: number;
  readonly out?: string;
}

/** `kit evaluate`: every score of embeddings that any framework made. */
export async function evaluateCommand(path: string, options: EvaluateOptions): Promise<void> {
  const table = readEmbeddings(path, options.labels);
  const ks = options.ks.map(Number);
  const most = table.labels.length - 1;
  const wrong = ks.find((k) => !Number.isInteger(k) || k < 1 || k > most);
  if (wrong !== undefined)
    throw new KitError(
      'invalid-argument',
      `--ks has ${wrong}; with ${most + 1} rows K lies between 1 and ${most}.`,
    );
  const started = performance.now();
  const { clustering, queries, classes, intervals, ...metrics } = await evaluateInDetail(table, {
    ks,
    kMeansSeed: options.seed,
    kMeansRestarts: options.restarts,
    bootstrap: options.bootstrap,
  });
  const seconds = (performance.now() - started) / 1000;
  const { recallAtK, ...scores } = metrics;
  const lines: [string, number][] = [
    ...Object.entries(recallAtK).map(([k, share]): [string, number] => [`recallAtK.${k}`, share]),
    ...Object.entries(scores),
  ];
  process.stdout.write(
    `${table.labels.length} rows of ${table.dimension} dimensions, ${classes} classes; ${seconds.toFixed(1)} s\n`,
  );
  const percent = (share: number) => (100 * share).toFixed(2);
  for (const [name, share] of lines) {
    const title = name.replace('recallAtK.', 'Recall@').padEnd(30);
    const interval = intervals?.[name];
    const range = interval === undefined ? '' : `  95% ${interval.map(percent).join(' to ')}`;
    process.stdout.write(`${title} ${percent(share)}${range}\n`);
  }
  if (options.out === undefined) return;
  const checksum = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  const record = {
    embeddings: {
      path,
      sha256: checksum(path),
      rows: table.labels.length,
      dimension: table.dimension,
      classes,
    },
    labels: options.labels === undefined ? null : { path: options.labels, sha256: checksum(options.labels) },
    evaluation: {
      ks,
      kMeansSeed: options.seed,
      kMeansRestarts: options.restarts,
      metric: 'cosine',
      singleImageClasses: 'miss',
    },
    versions: { kit: kitVersion, node: process.versions.node, engine: (await scoreEngine()).name },
    metrics,
    intervals:
      intervals === undefined
        ? null
        : { draws: options.bootstrap, over: 'classes', level: 0.95, ...intervals },
    kMeans: { clusters: classes, inertia: clustering.inertia, iterations: clustering.iterations },
    queries,
    seconds,
  };
  writeFileWhole(options.out, `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write(`${options.out}\n`);
}
