import { settingAt } from '../experiments/setting-at.js';
import { type Estimate, estimate } from '../statistics/estimate.js';
import type { RunRecord } from '../types/run-record.js';
import type { ChartSpec } from './chart.js';
import { lossColour, lossOf } from './loss-colours.js';
import { columnsOf } from './method-scores.js';
import { wrappedSubtitle } from './wrapped-subtitle.js';

export interface SettingChartOptions {
  readonly title: string;
  /** What was measured and where; the chart adds mean, interval and number of seeds. */
  readonly subtitle: string;
  /** The number that varies, by its place in the spec: `loss.alphaDegrees`. Records without it are left out. */
  readonly setting: string;
  /** Title of the axis, with its unit. */
  readonly axis: string;
  /** The line that a method belongs to. Default: all one line. */
  readonly line?: (method: string) => string;
  /** One picture each. Default R@1, MAP@R, NMI, F1. */
  readonly columns?: readonly string[];
  /** For settings that double from one to the next. */
  readonly logarithmic?: boolean;
}

/**
 * Scores on unseen classes by one setting: mean and 95% interval over seeds, a picture a score, a line a loss; a hollow dot
 * where seeds were never better than before they trained.
 */
export function settingChart(records: readonly RunRecord[], options: SettingChartOptions): ChartSpec {
  const { title, subtitle, axis, logarithmic = false } = options;
  const values = settingValues(records, options);
  const hollow = values.some(({ untrained }) => untrained > 0)
    ? ' · hollow: some seeds untrained, best at step 0'
    : '';
  const lines = [...new Set(values.map(({ line }) => line))];
  const at = [...new Set(values.map(({ setting }) => setting))].sort((a, b) => a - b);
  const color = {
    field: 'line',
    type: 'nominal',
    title: null,
    scale: { domain: lines, range: lineColours(records, lines, options) },
    legend: lines.length === 1 ? null : { orient: 'top', symbolOpacity: 1 },
  } as const;
  return {
    title: {
      text: title,
      subtitle: wrappedSubtitle(`${subtitle} · mean, 95% interval of ${seedsOf(values)}${hollow}`),
    },
    data: { values },
    facet: { field: 'column', type: 'nominal', title: null, sort: [...(options.columns ?? COLUMNS)] },
    columns: 2,
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 240,
      height: 150,
      encoding: {
        x: {
          field: 'setting',
          type: 'quantitative',
          title: axis,
          scale: logarithmic ? { type: 'log', nice: false } : { zero: false, nice: false },
          axis: { values: at, grid: false },
        },
        color,
      },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 4, opacity: 0.3, strokeCap: 'round' },
          encoding: {
            y: { field: 'low', type: 'quantitative', title: '%', scale: { zero: false } },
            y2: { field: 'high' },
          },
        },
        {
          mark: { type: 'line' },
          encoding: { y: { field: 'mean', type: 'quantitative' } },
        },
        {
          mark: { type: 'point', size: 30, opacity: 1 },
          encoding: {
            y: { field: 'mean', type: 'quantitative' },
            fill: {
              condition: { test: 'datum.untrained > 0', value: 'white' },
              field: 'line',
              type: 'nominal',
              scale: color.scale,
              legend: null,
            },
          },
        },
      ],
    },
  };
}

/** "5 seeds", or "3 to 5 seeds" where the values of the setting have not equally many. */
function seedsOf(values: readonly SettingValue[]): string {
  const counts = values.map(({ runs }) => runs);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  return fewest === most ? `${most} seed${most === 1 ? '' : 's'}` : `${fewest} to ${most} seeds`;
}

/** The loss's own colour; where two lines are of one loss, colours of none. */
function lineColours(
  records: readonly RunRecord[],
  lines: readonly string[],
  { setting, line: lineOf = () => '' }: SettingChartOptions,
): string[] {
  const set = records.filter(({ spec }) => numberAt(spec, setting) !== null);
  const losses = lines.map((line) => lossOf(set.find(({ method }) => lineOf(method) === line) as RunRecord));
  const own = new Set(losses).size === lines.length;
  return lines.map((line, i) => lossColour(own ? losses[i] : line, i));
}

const COLUMNS = ['R@1', 'MAP@R', 'NMI', 'F1'];

interface SettingValue {
  readonly line: string;
  readonly setting: number;
  readonly column: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** How many runs the mean is of. */
  readonly runs: number;
  /** How many of them were best at step 0. */
  readonly untrained: number;
}

/** What the chart draws: a line's mean and interval at each value of the setting, by score. */
export function settingValues(
  records: readonly RunRecord[],
  { setting, line = () => '', columns = COLUMNS }: Pick<SettingChartOptions, 'setting' | 'line' | 'columns'>,
): SettingValue[] {
  const measured = records.flatMap((record) => {
    const value = numberAt(record.spec, setting);
    return value === null || record.metrics === null
      ? []
      : [{ line: line(record.method), value, scores: columnsOf(record), untrained: record.chosenStep === 0 }];
  });
  const groups = new Map(measured.map((run) => [JSON.stringify([run.line, run.value]), run]));
  return [...groups.values()]
    .sort((a, b) => a.value - b.value)
    .flatMap((group) =>
      columns.map((column): SettingValue => {
        const own = measured.filter((run) => run.line === group.line && run.value === group.value);
        const { mean, halfWidth }: Estimate = estimate(own.map(({ scores }) => scores.get(column) as number));
        const half = halfWidth ?? 0;
        return {
          line: group.line,
          setting: group.value,
          column,
          mean,
          low: mean - half,
          high: mean + half,
          runs: own.length,
          untrained: own.filter(({ untrained }) => untrained).length,
        };
      }),
    );
}

function numberAt(spec: unknown, place: string): number | null {
  const value = settingAt(spec, place);
  return typeof value === 'number' ? value : null;
}
