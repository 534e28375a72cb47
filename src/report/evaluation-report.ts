import type { EvaluationRecord } from '../types/evaluation-record.js';
import { type ChartSpec, renderChart } from './chart.js';
import { escapedText } from './escaped-text.js';
import { htmlPage, PAGE_MARK } from './html-page.js';

/** One score in percent. */
export interface EvaluationScore {
  /** `Recall@1`, `MAP@R` and so on. */
  readonly name: string;
  readonly percent: number;
  /** 95% interval over classes, in percent; null where none was asked for. */
  readonly interval: readonly [low: number, high: number] | null;
}

export interface EvaluationReport {
  readonly csv: string;
  readonly markdown: string;
  /** One page that needs neither a server nor the network. */
  readonly html: string;
}

/** What an earlier report holds, by the ending of its file. */
export const EVALUATION_MARKS = {
  json: /"kind": "evaluation"/,
  csv: /^score,percent,low,high\n/,
  md: /^\| Score \| % \|/,
  html: PAGE_MARK,
} as const;

const NAMES = {
  normalizedMutualInformation: 'NMI',
  adjustedMutualInformation: 'AMI',
  pairwiseF1: 'Pairwise F1',
  meanAveragePrecisionAtR: 'MAP@R',
  rPrecision: 'R-precision',
  meanReciprocalRank: 'MRR',
} as const;

/** The scores of a record in reading order: Recall@K by rising K, then the others. */
export function evaluationScores({ metrics, intervals }: EvaluationRecord): EvaluationScore[] {
  const score = (key: string, name: string, share: number): EvaluationScore => {
    const interval = intervals?.byScore[key];
    return {
      name,
      percent: 100 * share,
      interval: interval === undefined ? null : [100 * interval[0], 100 * interval[1]],
    };
  };
  return [
    ...Object.entries(metrics.recallAtK).map(([k, share]) => score(`recallAtK.${k}`, `Recall@${k}`, share)),
    ...Object.entries(NAMES).map(([key, name]) => score(key, name, metrics[key as keyof typeof NAMES])),
  ];
}

/** The table as CSV and Markdown, and a page with table, chart and provenance. The same record gives the same bytes. */
export async function evaluationReport(record: EvaluationRecord): Promise<EvaluationReport> {
  const scores = evaluationScores(record);
  const withIntervals = record.intervals !== null;
  const header = ['Score', '%', ...(withIntervals ? ['95% from', 'to'] : [])];
  const rows = scores.map(({ name, percent, interval }) => [
    name,
    ...[percent, ...(interval ?? [])].map((value) => value.toFixed(2)),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const markdown = [header, header.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map(line).join('\n');
  const csv = [
    'score,percent,low,high',
    ...scores.map(({ name, percent, interval }) =>
      [name, ...[percent, ...(interval ?? [])].map((value) => value.toFixed(4))]
        .join(',')
        .concat(withIntervals ? '' : ',,'),
    ),
  ].join('\n');
  return {
    csv: `${csv}\n`,
    markdown: `${markdown}\n\n${description(record)}\n`,
    html: await evaluationPage(record, scores, header, rows),
  };
}

function description({ embeddings, evaluation, intervals, kMeans }: EvaluationRecord): string {
  const whole = (count: number) => count.toLocaleString('en-US');
  const bootstrap =
    intervals === null ? '' : ` Intervals: bootstrap over classes, ${whole(intervals.draws)} draws.`;
  return `${whole(embeddings.rows)} rows of ${embeddings.dimension} dimensions, ${whole(embeddings.classes)} classes. Exact neighbours by ${evaluation.metric}, self left out; ${singleImage(embeddings.singleImageClasses, evaluation.singleImageClasses)}. Clusters: k-means, ${whole(kMeans.clusters)} clusters, seed ${evaluation.kMeansSeed}, the best of ${evaluation.kMeansRestarts}.${bootstrap}`;
}

function singleImage(count: number, counted: 'miss' | 'exclude'): string {
  const classes = `${count.toLocaleString('en-US')} ${count === 1 ? 'class' : 'classes'} of one row`;
  if (count === 0) return 'no class has one row alone';
  return counted === 'miss' ? `${classes} counted as missed` : `${classes} left out of what is retrieved`;
}

async function evaluationPage(
  record: EvaluationRecord,
  scores: readonly EvaluationScore[],
  header: readonly string[],
  rows: readonly string[][],
): Promise<string> {
  const { svg } = await renderChart(scoreChart(scores));
  const body = rows.map(
    ([name, ...cells]) =>
      `<tr><th scope="row">${name}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  return htmlPage(
    `Evaluation of ${record.embeddings.path}`,
    `<p class="lead">${escapedText(description(record))}</p>
<div class="scroll"><table><thead><tr>${header.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>
<figure><img alt="The scores as a chart" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></figure>
<details><summary>The record: files and their sums, settings, versions</summary><pre>${escapedText(JSON.stringify(record, null, 1))}</pre></details>`,
  );
}

function scoreChart(scores: readonly EvaluationScore[]): ChartSpec {
  const y = { field: 'name', type: 'nominal', sort: null, title: null } as const;
  const scale = { domain: [0, 100] };
  return {
    width: 420,
    height: { step: 24 },
    data: {
      values: scores.map(({ name, percent, interval }) => ({
        name,
        percent,
        low: interval?.[0] ?? percent,
        high: interval?.[1] ?? percent,
      })),
    },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 3, color: '#0072B2', opacity: 0.35 },
        encoding: {
          y,
          x: {
            field: 'low',
            type: 'quantitative',
            scale,
            title: 'percent   (dot: score · bar: 95% interval)',
          },
          x2: { field: 'high' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 60, color: '#0072B2', opacity: 1 },
        encoding: { y, x: { field: 'percent', type: 'quantitative', scale } },
      },
    ],
  };
}
