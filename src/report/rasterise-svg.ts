import { dirname, join } from 'node:path';
import { Resvg, type ResvgRenderOptions } from '@resvg/resvg-js';

/** The one font of all figures; it comes with the package, so figures look alike on every machine. */
export const FIGURE_FONT = 'DejaVu Sans';

/** SVG to PNG without a browser; the same SVG gives the same bytes. */
export function rasteriseSvg(svg: string, pixelsPerPoint: number): Buffer {
  const fonts = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const options = {
    fitTo: { mode: 'zoom', value: pixelsPerPoint },
    font: {
      loadSystemFonts: false,
      fontFiles: [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')],
      defaultFontFamily: FIGURE_FONT,
    },
  } satisfies ResvgRenderOptions;
  return Buffer.from(new Resvg(svg, options).render().asPng());
}
