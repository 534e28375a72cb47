import { type Estimate, estimate } from '../statistics/estimate.js';
import type { RunRecord } from '../types/run-record.js';
import type { ChartSpec } from './chart.js';
import { lossColour, lossOf } from './loss-colours.js';
import { foldMeans, type MethodScores, methodScores, VALIDATION_COLUMN } from './method-scores.js';
import { spreadLabels } from './spread-labels.js';
import { formatEstimate } from './table.js';
import { hasHeldOutPictures } from './validation-side.js';
import { wrappedSubtitle } from './wrapped-subtitle.js';

const BASELINE_COLOURS = ['#5f5f5f', '#9a9a9a'];
const SOLID = [1, 0];
const DASHES = [SOLID, [6, 3], [2, 2]];
/** Of white, in the palest of many methods of one loss. */
const PALEST = 0.65;

const PLOT_WIDTH = 330;
const PLOT_HEIGHT = 320;
const LABEL_HEIGHT = 15;

/** Percent that Recall@1's axis spans at least: a tenth of a point must not look like a difference. */
const NARROWEST = 5;

/** Recall@1 by method: mean, 95% interval and every seed; of one run that alone. */
export function recallChart(records: readonly RunRecord[], subtitle: string): ChartSpec {
  const rows = methodScores(records);
  const column = [...(rows[0]?.scores.keys() ?? [])][0];
  const values = rows.map(({ name: method, scores }) => {
    const score = [...scores.values()][0];
    const low = score.mean - (score.halfWidth ?? 0);
    const high = score.mean + (score.halfWidth ?? 0);
    return {
      method,
      seeds: score.values,
      mean: score.mean,
      low,
      high,
      end: Math.max(high, ...score.values),
      text: formatEstimate(score),
    };
  });
  const color = {
    field: 'method',
    type: 'nominal',
    scale: colourScale(styles(rows, records)),
    legend: null,
  } as const;
  const marks = rows.every(({ scores }) => [...scores.values()][0].halfWidth === null)
    ? 'one run a method, no interval'
    : 'dot: a seed · tick: mean · bar: 95% interval';
  const title = `${column === VALIDATION_COLUMN ? 'Best validation Recall@1' : 'Recall@1'}, %   (${marks})`;
  return {
    title: {
      text:
        column === VALIDATION_COLUMN ? 'Recall@1 on the validation classes' : 'Recall@1 on unseen classes',
      subtitle: wrappedSubtitle(subtitle),
    },
    width: PLOT_WIDTH,
    height: { step: 32 },
    data: { values },
    encoding: {
      y: {
        field: 'method',
        type: 'nominal',
        sort: { field: 'mean', op: 'max', order: 'descending' },
        title: null,
        axis: { domain: false, ticks: false, labelPadding: 8 },
      },
      color,
    },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 5, opacity: 0.35, strokeCap: 'round' },
        encoding: {
          x: { field: 'low', type: 'quantitative', title, scale: { zero: false, ...wideEnough(values) } },
          x2: { field: 'high' },
        },
      },
      {
        transform: [{ flatten: ['seeds'] }],
        mark: { type: 'point', filled: true, size: 42, opacity: 0.75, stroke: 'white', strokeWidth: 0.6 },
        encoding: { x: { field: 'seeds', type: 'quantitative' } },
      },
      {
        mark: { type: 'tick', thickness: 2.5, size: 17 },
        encoding: { x: { field: 'mean', type: 'quantitative' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 9, color: '#222' },
        encoding: {
          x: { field: 'end', type: 'quantitative' },
          text: { field: 'text' },
          color: { value: '#222' },
        },
      },
    ],
  };
}

/** Ends for an axis that would span less than `NARROWEST`. */
function wideEnough(
  values: readonly { readonly low: number; readonly end: number; seeds: readonly number[] }[],
) {
  const low = Math.min(...values.flatMap(({ low, seeds }) => [low, ...seeds]));
  const high = Math.max(...values.map(({ end }) => end));
  if (high - low >= NARROWEST) return {};
  return {
    domain: [NARROWEST * Math.floor(low / NARROWEST), NARROWEST * (Math.floor(high / NARROWEST) + 1)],
  };
}

/** Validation Recall@1 over the steps, mean over seeds with its 95% interval, a line a method. */
export function curveChart(records: readonly RunRecord[], subtitle: string): ChartSpec {
  const lines = methodScores(records)
    .map(({ method, name }) => ({
      method: name,
      points: meanCurve(records.filter((record) => record.method === method)),
    }))
    .filter(({ points }) => points.length > 1);
  return lineChart({
    title: `Recall@1 on ${hasHeldOutPictures(records) ? 'held-out pictures' : 'the validation classes'} while training`,
    subtitle,
    lines,
    styles: styles(methodScores(records), records),
    x: { title: 'step', scale: { nice: false }, axis: { grid: false, tickCount: 6 } },
    yTitle: 'Recall@1, %',
  });
}

/** Recall@K against K, mean over seeds with its 95% interval, a line a method. */
export function recallAtKChart(records: readonly RunRecord[], subtitle: string): ChartSpec {
  const rows = methodScores(records);
  const lines = rows.map(({ name, scores }) => ({
    method: name,
    points: [...scores]
      .filter(([name]) => name.startsWith('R@'))
      .map(([name, score]) => ({ x: Number(name.slice(2)), ...bandOf(score) })),
  }));
  const ks = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))];
  return lineChart({
    title: 'Recall@K on unseen classes',
    subtitle,
    lines,
    styles: styles(rows, records),
    x: {
      title: 'K',
      scale: { type: 'log', nice: false },
      axis: { grid: false, values: ks, format: 'd' },
    },
    yTitle: 'Recall@K, %',
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

function bandOf({ mean, halfWidth }: Estimate): Omit<Point, 'x'> {
  return { y: mean, low: mean - (halfWidth ?? 0), high: mean + (halfWidth ?? 0) };
}

function meanCurve(records: readonly RunRecord[]): Point[] {
  const steps = [...new Set(records.flatMap(({ curve }) => curve.map(({ step }) => step)))];
  return steps
    .sort((a, b) => a - b)
    .map((step) => {
      const here = records.filter(({ curve }) => curve.some((point) => point.step === step));
      const shares = here.map(
        ({ curve }) => curve.find((point) => point.step === step)?.validationRecallAt1 ?? 0,
      );
      return {
        x: step,
        ...bandOf(
          estimate(
            foldMeans(
              here,
              shares.map((share) => 100 * share),
            ),
          ),
        ),
      };
    });
}

interface Style {
  readonly method: string;
  readonly colour: string;
  readonly dash: readonly number[];
}

/** A loss has one colour in all charts; methods of one loss differ by dash, and where there are more of them by shade. */
function styles(rows: readonly MethodScores[], records: readonly RunRecord[]): Style[] {
  const lossOfRow = ({ method }: MethodScores) =>
    lossOf(records.find((record) => record.method === method) as RunRecord);
  const trained = rows.filter((row) => row.trained);
  const losses = [...new Set(trained.map(lossOfRow))];
  return [
    ...trained.map((row) => {
      const loss = lossOfRow(row);
      const same = trained.filter((other) => lossOfRow(other) === loss);
      const i = same.indexOf(row);
      const pale = same.length > DASHES.length ? (PALEST * i) / (same.length - 1) : 0;
      return {
        method: row.name,
        colour: mixedWithWhite(lossColour(loss, losses.indexOf(loss)), pale),
        dash: DASHES[i % DASHES.length],
      };
    }),
    ...rows
      .filter((row) => !row.trained)
      .map(({ name }, i) => ({
        method: name,
        colour: BASELINE_COLOURS[i % BASELINE_COLOURS.length],
        dash: SOLID,
      })),
  ];
}

function mixedWithWhite(colour: string, share: number): string {
  if (share === 0) return colour;
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const mixed = channels.map((value) => Math.round(value + share * (255 - value)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function colourScale(of: readonly Style[]): { domain: string[]; range: string[] } {
  return { domain: of.map(({ method }) => method), range: of.map(({ colour }) => colour) };
}

interface LineChartOptions {
  readonly title: string;
  readonly subtitle: string;
  readonly lines: readonly {
    readonly method: string;
    readonly points: readonly Point[];
  }[];
  readonly styles: readonly Style[];
  readonly x: { readonly title: string; readonly scale: object; readonly axis: object };
  readonly yTitle: string;
}

/** Lines with their names at the right instead of a legend, beside the ends of those that reach so far. */
function lineChart({ title, subtitle, lines, styles: look, x, yTitle }: LineChartOptions): ChartSpec {
  const heights = lines.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high]));
  const domain = [5 * Math.floor(Math.min(...heights) / 5), 5 * Math.ceil(Math.max(...heights) / 5)];
  const ends = lines.map(({ points }) => points[points.length - 1]);
  const places = spreadLabels(
    ends.map(({ y }) => y),
    (LABEL_HEIGHT * (domain[1] - domain[0])) / PLOT_HEIGHT,
  );
  const right = Math.max(...ends.map(({ x }) => x));
  const labels = lines.map(({ method }, i) => ({ method, x: right, y: places[i] }));
  const color = { field: 'method', type: 'nominal', scale: colourScale(look), legend: null } as const;
  const values = lines.flatMap(({ method, points }) => points.map((point) => ({ method, ...point })));
  const heightTitle = values.some(({ low, high }) => low < high)
    ? `${yTitle}   (band: 95% interval)`
    : yTitle;
  return {
    title: { text: title, subtitle: wrappedSubtitle(subtitle) },
    width: PLOT_WIDTH,
    height: PLOT_HEIGHT,
    encoding: {
      x: { field: 'x', type: 'quantitative', title: x.title, scale: x.scale, axis: x.axis },
      y: { field: 'y', type: 'quantitative', title: heightTitle, scale: { domain, nice: false } },
    },
    layer: [
      {
        data: { values },
        mark: { type: 'area', opacity: 0.15 },
        encoding: {
          y: { field: 'low', type: 'quantitative', title: heightTitle },
          y2: { field: 'high' },
          color,
        },
      },
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 2.2, strokeJoin: 'round', point: { size: 22, filled: true } },
        encoding: {
          color,
          strokeDash: {
            field: 'method',
            type: 'nominal',
            scale: {
              domain: look.map(({ method }) => method),
              range: look.map(({ dash }) => [...dash]),
            },
            legend: null,
          },
        },
      },
      {
        data: { values: labels },
        mark: { type: 'point', shape: 'circle', filled: true, size: 50, opacity: 1, xOffset: 14 },
        encoding: { color },
      },
      {
        data: { values: labels },
        mark: { type: 'text', align: 'left', dx: 22, color: '#222' },
        encoding: { text: { field: 'method' } },
      },
    ],
  } as ChartSpec;
}
