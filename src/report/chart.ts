import { dirname, join } from 'node:path';
import { Resvg, type ResvgRenderOptions } from '@resvg/resvg-js';
import type { TopLevelSpec } from 'vega-lite';

export type ChartSpec = TopLevelSpec;

export interface RenderedChart {
  readonly svg: string;
  readonly png: Buffer;
}

const FONT = 'DejaVu Sans';

/** A palette that stays apart for colour-blind eyes (Okabe & Ito 2008). */
export const METHOD_COLOURS = [
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#E69F00',
  '#56B4E9',
  '#7F7F7F',
  '#000000',
] as const;

const CONFIG = {
  background: '#ffffff',
  font: FONT,
  padding: 12,
  title: {
    anchor: 'start',
    fontSize: 15,
    fontWeight: 600,
    subtitleFontSize: 11,
    subtitleColor: '#555',
    offset: 12,
  },
  axis: {
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    gridColor: '#e6e6e6',
    domainColor: '#999',
    tickColor: '#999',
  },
  legend: { labelLimit: 400, labelFontSize: 11, titleFontSize: 11, titleFontWeight: 'normal' },
  view: { stroke: null },
} as const;

/**
 * Draws a vega-lite chart without a browser; the same spec gives the same bytes.
 *
 * @param pixelsPerPoint of the PNG; default 2, sharp on dense screens
 */
export async function renderChart(spec: ChartSpec, pixelsPerPoint = 2): Promise<RenderedChart> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec: compiled } = vegaLite.compile({
    ...spec,
    config: { ...CONFIG, ...spec.config },
  } as ChartSpec);
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return { svg, png: rasterise(svg, pixelsPerPoint) };
}

function rasterise(svg: string, zoom: number): Buffer {
  const fonts = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const options = {
    fitTo: { mode: 'zoom', value: zoom },
    font: {
      loadSystemFonts: false,
      fontFiles: [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')],
      defaultFontFamily: FONT,
    },
  } satisfies ResvgRenderOptions;
  return Buffer.from(new Resvg(svg, options).render().asPng());
}
