import { bestValidationRecallAt1 } from '../experiments/best-validation.js';
import type { RunRecord } from '../types/run-record.js';
import type { ChartSpec } from './chart.js';
import { lossColour, lossOf } from './loss-colours.js';
import { wrappedSubtitle } from './wrapped-subtitle.js';

/** Best validation Recall@1 of the worst and of the best try of a method, in percent. */
export interface TriesSpan {
  readonly method: string;
  readonly loss: string;
  readonly tries: number;
  readonly worst: number;
  readonly best: number;
}

/** How much a loss depends on its settings: one entry a method of a tuning experiment, best first. */
export function triesSpans(records: readonly RunRecord[]): TriesSpan[] {
  const methodOf = ({ method }: RunRecord) => method.split(' · ')[0];
  return [...new Set(records.map(methodOf))]
    .map((method) => {
      const own = records.filter((record) => methodOf(record) === method);
      const tries = own.map((record) => 100 * bestValidationRecallAt1(record));
      const loss = lossOf(own[0]);
      return { method, loss, tries: tries.length, worst: Math.min(...tries), best: Math.max(...tries) };
    })
    .sort((a, b) => b.best - a.best);
}

/** The spans as bars from the worst try to the best. */
export function triesChart(records: readonly RunRecord[], subtitle: string): ChartSpec {
  const spans = triesSpans(records);
  const color = {
    field: 'method',
    type: 'nominal' as const,
    scale: {
      domain: spans.map(({ method }) => method),
      range: spans.map(({ loss }, i) => lossColour(loss, i)),
    },
    legend: null,
  };
  const x = { type: 'quantitative' as const, title: 'Recall@1, %', scale: { zero: false } };
  return {
    title: {
      text: 'Validation Recall@1 of the worst try (grey) and the best',
      subtitle: wrappedSubtitle(subtitle),
    },
    width: 330,
    height: { step: 26 },
    data: { values: spans },
    encoding: {
      y: {
        field: 'method',
        type: 'nominal',
        title: null,
        sort: { field: 'best', op: 'max', order: 'descending' },
        axis: { domain: false, ticks: false, labelPadding: 10 },
      },
    },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 5, opacity: 0.35 },
        encoding: { x: { field: 'worst', ...x }, x2: { field: 'best' }, color },
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 1 },
        encoding: { x: { field: 'best', type: 'quantitative' }, color },
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 1, color: '#9a9a9a' },
        encoding: { x: { field: 'worst', type: 'quantitative' } },
      },
    ],
  };
}
