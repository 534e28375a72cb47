import type { ChartSpec, Point, Triangle } from 'angular-loss-kit';
import { circle } from './circle';

// The construction of x_m and the discs of (3), drawn: of notebook 01.

export interface Construction extends Triangle {
  /** x_c and x_m. */
  readonly centre: Point;
  readonly m: Point;
  /** ∠n′, in degrees. */
  readonly angle: number;
  /** Where the bound of α is broken: around x_c. α in degrees. */
  readonly discs: readonly { readonly alpha: number; readonly radius: number }[];
}

/** A text by its middle, in the units of the points. */
export interface PlacedLabel {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

const SIDE = 480;
const FONT_SIZE = 13;
/** Half of a line of text and its surroundings, in pixels. */
const HALF_HEIGHT = 9;
const HALF_LETTER = 4.5;
const GAP = 9;
const PLACES = 24;

const distance = (u: Point, v: Point) => Math.hypot(u[0] - v[0], u[1] - v[1]);
const direction = (to: Point, from: Point) => Math.atan2(to[1] - from[1], to[0] - from[0]);

function extentOf({ centre, negative, anchor, discs }: Construction): number {
  const half = distance(anchor, centre);
  const farthest = Math.max(...discs.map(({ radius }) => radius), half, distance(centre, negative));
  return 1.15 * (farthest || 1);
}

/** The arc of ∠n′ around the negative, from the side to x_m to that to x_c; none where x_c is the negative: there is no such side. */
export function angleArc({ centre, m, negative, anchor }: Construction): { x: number; y: number }[] {
  const half = distance(anchor, centre);
  if (distance(negative, centre) <= 1e-9 * half) return [];
  const [toM, toCentre] = [direction(m, negative), direction(centre, negative)];
  const turn = Math.atan2(Math.sin(toCentre - toM), Math.cos(toCentre - toM));
  return circle(0.3 * half, negative, toM, toM + turn);
}

/** The names of the points, those that fall together in one, and of the rims; each where it covers least. */
export function constructionLabels(construction: Construction): {
  points: PlacedLabel[];
  rims: PlacedLabel[];
} {
  const { anchor, positive, negative, centre, m, angle, discs } = construction;
  const pixel = (2 * extentOf(construction)) / SIDE;
  const onCentre = distance(negative, centre) <= 1e-9 * distance(anchor, centre);
  const named: [string, Point][] = [
    ['x_a', anchor],
    ['x_p', positive],
    ['x_c', centre],
    ['x_m', m],
    [`x_n, ∠n′ ${onCentre ? '→ 90' : `= ${angle.toFixed(1)}`}°`, negative],
  ];
  const places: { name: string; at: Point }[] = [];
  for (const [name, at] of named) {
    const same = places.find((place) => distance(place.at, at) < 14 * pixel);
    if (same === undefined) places.push({ name, at });
    else same.name += `, ${name}`;
  }
  const sides = [
    [negative, m],
    [m, centre],
    [centre, negative],
  ];
  const lines = sides.flatMap(([u, v]) =>
    Array.from({ length: 41 }, (_, i) => u.map((value, k) => value + (i / 40) * (v[k] - value))),
  );
  const arc = angleArc(construction).map(({ x, y }) => [x, y]);
  const placed: PlacedLabel[] = [];
  const place = (name: string, middles: (halfWidth: number, halfHeight: number) => Point[]) => {
    const [halfWidth, halfHeight] = [name.length * HALF_LETTER * pixel, HALF_HEIGHT * pixel];
    const boxes = middles(halfWidth, halfHeight).map(([x, y]) => ({ name, x, y, halfWidth, halfHeight }));
    const costs = boxes.map(
      (box, i) =>
        1000 * placed.filter((other) => overlap(box, other)).length +
        1000 * (reachesOut(box, centre, extentOf(construction)) ? 1 : 0) +
        300 * places.filter(({ at }) => covers(box, at)).length +
        10 * [...lines, ...arc].filter((at) => covers(box, at)).length +
        i,
    );
    const best = boxes[costs.indexOf(Math.min(...costs))];
    placed.push(best);
    return best;
  };
  const points = places.map(({ name, at }) => {
    const away = distance(at, centre) < 14 * pixel ? 0 : direction(at, centre);
    return place(name, (halfWidth, halfHeight) =>
      turns(away).map((way) => [
        at[0] + Math.cos(way) * (halfWidth + GAP * pixel),
        at[1] + Math.sin(way) * (halfHeight + GAP * pixel),
      ]),
    );
  });
  const rims = [...discs]
    .sort((a, b) => a.alpha - b.alpha)
    .map(({ alpha, radius }) =>
      place(`${alpha}°`, (_, halfHeight) =>
        turns(-Math.PI / 2).map((way) => [
          centre[0] + (radius - halfHeight) * Math.cos(way),
          centre[1] + (radius - halfHeight) * Math.sin(way),
        ]),
      ),
    );
  return { points, rims };
}

/** Directions, the nearest to `first` first. */
function turns(first: number): number[] {
  return Array.from({ length: PLACES }, (_, i) => {
    const steps = Math.ceil(i / 2) * (i % 2 === 0 ? 1 : -1);
    return first + (steps * 2 * Math.PI) / PLACES;
  });
}

export function overlap(a: PlacedLabel, b: PlacedLabel): boolean {
  return Math.abs(a.x - b.x) < a.halfWidth + b.halfWidth && Math.abs(a.y - b.y) < a.halfHeight + b.halfHeight;
}

function covers({ x, y, halfWidth, halfHeight }: PlacedLabel, at: Point): boolean {
  return Math.abs(x - at[0]) < halfWidth && Math.abs(y - at[1]) < halfHeight;
}

function reachesOut({ x, y, halfWidth, halfHeight }: PlacedLabel, centre: Point, extent: number): boolean {
  return Math.abs(x - centre[0]) + halfWidth > extent || Math.abs(y - centre[1]) + halfHeight > extent;
}

/** Discs, circle, triangle of x_m, x_c and x_n, its angle, and names. */
export function constructionChart(construction: Construction): ChartSpec {
  const { anchor, positive, negative, centre, m, discs } = construction;
  const extent = extentOf(construction);
  const axis = (field: 'x' | 'y', middle: number) => ({
    field,
    type: 'quantitative' as const,
    axis: null,
    scale: { domain: [middle - extent, middle + extent] },
  });
  const encoding = { x: axis('x', centre[0]), y: axis('y', centre[1]) };
  const order = { field: 'order' };
  const line = (values: object[], style: object) => ({
    data: { values },
    mark: { type: 'line' as const, ...style },
    encoding: { ...encoding, order },
  });
  const text = (values: object[], style: object) => ({
    data: { values },
    mark: { type: 'text' as const, fontSize: FONT_SIZE, ...style },
    encoding: { ...encoding, text: { field: 'name' } },
  });
  const discRims = discs.flatMap(({ alpha, radius }) =>
    circle(radius, centre).map((at) => ({ ...at, alpha: `${alpha}°` })),
  );
  const sides = [negative, m, centre, negative].map(([x, y], at) => ({ x, y, order: at }));
  const dots = [anchor, positive, centre, m, negative].map(([x, y]) => ({ x, y }));
  const labels = constructionLabels(construction);
  return {
    width: SIDE,
    height: SIDE,
    title: { text: 'Where a negative breaks the bound', subtitle: 'inside the disc of α' },
    layer: [
      {
        data: { values: discRims },
        mark: { type: 'line', strokeWidth: 0, fill: '#4a90c2', fillOpacity: 0.22 },
        encoding: { ...encoding, order, detail: { field: 'alpha' } },
      },
      line(circle(distance(anchor, centre), centre), { color: '#777', strokeWidth: 1.2, strokeDash: [5, 3] }),
      line(sides, { color: '#D55E00', strokeWidth: 2.5 }),
      line(angleArc(construction), { color: '#D55E00', strokeWidth: 2 }),
      text(labels.rims, { color: '#234' }),
      {
        data: { values: dots },
        mark: { type: 'point', filled: true, color: 'black', opacity: 1, size: 55 },
        encoding,
      },
      text(labels.points, { fontWeight: 'bold' }),
    ],
  };
}
