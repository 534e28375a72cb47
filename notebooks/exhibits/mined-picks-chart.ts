import type { ChartSpec, Point } from 'angular-loss-kit';
import { circle } from './circle';

// What miners pick, drawn: of notebook 02.

export interface MinedPicks {
  readonly name: string;
  /** The negatives of each row as anchor. */
  readonly picks: readonly (readonly number[])[];
  /** Whether the miner sees the points at unit length: they are drawn so, with the unit circle. */
  readonly unitLength?: boolean;
}

export interface MinedPicksOptions {
  readonly points: readonly Point[];
  readonly labels: readonly number[];
  /** Two rows. Of one class neither can be picked for the other. */
  readonly anchors: readonly [number, number];
  readonly colours: readonly string[];
}

const ANCHOR_COLOURS = ['#000000', '#e8a200'];

/** Each point divided by its length; a point on the origin stays. */
export function atUnitLength(points: readonly Point[]): number[][] {
  return points.map((point) => {
    const length = Math.hypot(...point);
    return point.map((value) => (length === 0 ? 0 : value / length));
  });
}

function domainOf(points: readonly Point[], k: number): number[] {
  const values = points.map((point) => point[k]);
  return [Math.min(...values) - 0.6, Math.max(...values) + 0.6];
}

/** Lines from each anchor, which is ringed, to the negatives that a miner picks for it. */
export function pickLines({ picks }: MinedPicks, seen: readonly Point[], anchors: readonly number[]) {
  return anchors.flatMap((row) =>
    picks[row].map((negative) => ({
      anchor: `${row}`,
      negative: `${negative}`,
      x: seen[row][0],
      y: seen[row][1],
      x2: seen[negative][0],
      y2: seen[negative][1],
    })),
  );
}

/** A panel for each miner: its picks for two anchors. */
export function minedPicksChart(miners: readonly MinedPicks[], options: MinedPicksOptions): ChartSpec {
  const { points, labels, anchors, colours } = options;
  const anchorColour = {
    field: 'anchor',
    type: 'nominal',
    title: 'anchor, ringed, and its negatives',
    scale: { domain: anchors.map(String), range: ANCHOR_COLOURS },
    legend: { orient: 'bottom', symbolType: 'stroke', titleLimit: 300 },
  };
  const shape = { field: 'class', type: 'nominal', title: 'class' };
  const panels = miners.map((miner) => {
    const seen = miner.unitLength ? atUnitLength(points) : points;
    const [x, y] = [0, 1].map((k) => ({
      field: k === 0 ? 'x' : 'y',
      type: 'quantitative',
      title: null,
      scale: { domain: miner.unitLength ? [-1.35, 1.35] : domainOf(points, k) },
    }));
    const dots = seen.map(([px, py], row) => ({ x: px, y: py, row: `${row}`, class: `${labels[row]}` }));
    const rings = anchors.map((row) => ({ x: seen[row][0], y: seen[row][1], anchor: `${row}` }));
    return {
      width: 270,
      height: miner.unitLength ? 270 : 210,
      title: { text: miner.name, anchor: 'middle', fontSize: 12, fontWeight: 'normal' },
      layer: [
        {
          data: { values: miner.unitLength ? circle(1, [0, 0]) : [] },
          mark: { type: 'line', color: '#bbb', strokeWidth: 1 },
          encoding: { x, y, order: { field: 'order' } },
        },
        {
          data: { values: pickLines(miner, seen, anchors) },
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: { x, y, x2: { field: 'x2' }, y2: { field: 'y2' }, color: anchorColour },
        },
        {
          data: { values: rings },
          mark: { type: 'point', shape: 'circle', filled: false, size: 330, strokeWidth: 2.5, opacity: 1 },
          encoding: { x, y, color: anchorColour },
        },
        {
          data: { values: dots },
          mark: { type: 'point', filled: true, size: 90, opacity: 1 },
          encoding: {
            x,
            y,
            shape: { ...shape, legend: { orient: 'bottom' } },
            fill: { ...shape, scale: { range: [...colours] }, legend: { orient: 'bottom' } },
          },
        },
        {
          data: { values: dots },
          mark: { type: 'text', dx: 12, dy: -10, fontSize: 11 },
          encoding: { x, y, text: { field: 'row' } },
        },
      ],
    };
  });
  return {
    title: { text: 'What each miner picks', subtitle: `for the anchors ${anchors.join(' and ')}` },
    columns: 2,
    concat: panels,
  } as unknown as ChartSpec;
}
