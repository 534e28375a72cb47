import type { RankInterval } from '../statistics/ranks.js';
import type { RunRecord } from '../types/run-record.js';
import type { ChartSpec } from './chart.js';
import { compareAll } from './comparison.js';
import { wrappedSubtitle } from './wrapped-subtitle.js';

const FEWEST_METHODS = 3;

/**
 * The ranks that each method may have by Recall@1, once every pair was compared and the p-values were corrected for all
 * pairs (Holm); null of fewer than three methods, and where no comparison has an interval.
 */
export function rankChart(records: readonly RunRecord[], subtitle: string): ChartSpec | null {
  const { comparisons, ranks } = compareAll(records);
  const ranked = comparisons.some(({ pValue }) => pValue !== null);
  if (ranks.length < FEWEST_METHODS || !ranked) return null;
  const values = ranks.map((interval) => ({ ...interval, text: rankText(interval) }));
  const x = {
    type: 'quantitative' as const,
    title: 'rank by Recall@1   (tick: by mean · bar: ranks that the comparisons leave open)',
    scale: { domain: [1, ranks.length], nice: false },
    axis: { values: ranks.map((_, place) => place + 1), format: 'd' },
  };
  return {
    title: { text: 'Ranks with their 95% intervals', subtitle: wrappedSubtitle(subtitle) },
    width: 330,
    height: { step: 26 },
    data: { values },
    encoding: {
      y: {
        field: 'name',
        type: 'nominal',
        sort: { field: 'rank', op: 'max', order: 'ascending' },
        title: null,
        axis: { domain: false, ticks: false, labelPadding: 12 },
      },
    },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 5, opacity: 0.35, strokeCap: 'round', color: '#333' },
        encoding: { x: { field: 'best', ...x }, x2: { field: 'worst' } },
      },
      {
        mark: { type: 'tick', thickness: 2.5, size: 15, color: '#333' },
        encoding: { x: { field: 'rank', type: 'quantitative' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 9, color: '#222' },
        encoding: { x: { field: 'worst', type: 'quantitative' }, text: { field: 'text' } },
      },
    ],
  };
}

const rankText = ({ best, worst }: RankInterval) => (best === worst ? `${best}` : `${best} to ${worst}`);
