import type { TopLevelSpec } from 'vega-lite';
import { FIGURE_FONT, rasteriseSvg } from './rasterise-svg.js';

export type ChartSpec = TopLevelSpec;

export interface RenderedChart {
  readonly svg: string;
  readonly png: Buffer;
}

/** Advances of DejaVu Sans in running text, in font sizes, rounded up. */
const LETTER_WIDTH = 0.64;
const BOLD_LETTER_WIDTH = 0.72;

interface TextMetrics {
  width(item: { readonly fontSize?: number; readonly fontWeight?: unknown }, text: unknown): number;
}

const CONFIG = {
  background: '#ffffff',
  font: FIGURE_FONT,
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
    labelLimit: 560,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    gridColor: '#e6e6e6',
    domainColor: '#999',
    tickColor: '#999',
  },
  // At their ticks, also the outermost.
  axisX: { labelFlush: false },
  legend: { labelLimit: 400, labelFontSize: 11, titleFontSize: 11, titleFontWeight: 'normal' },
  view: { stroke: null },
} as const;

/** Of the PNG: sharp on dense screens. */
const PIXELS_PER_POINT = 2;

/** Draws a vega-lite chart without a browser; the same spec gives the same bytes. */
export async function renderChart(spec: ChartSpec): Promise<RenderedChart> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec: compiled } = vegaLite.compile({
    ...spec,
    config: { ...CONFIG, ...spec.config },
  } as ChartSpec);
  // Without a canvas vega takes every letter for 0.8 of the font size, and charts get wide empty margins.
  const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11, fontWeight }, text) =>
    (fontWeight === 'bold' || Number(fontWeight) >= 600 ? BOLD_LETTER_WIDTH : LETTER_WIDTH) *
    fontSize *
    String(text ?? '').length;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return { svg, png: await rasteriseSvg(svg, PIXELS_PER_POINT) };
}
