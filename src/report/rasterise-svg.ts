import { dirname, join } from 'node:path';
import { Resvg, type ResvgRenderOptions } from '@resvg/resvg-js';
import sharp from 'sharp';

/** The one font of all figures; it comes with the package, so figures look alike on every machine. */
export const FIGURE_FONT = 'DejaVu Sans';

/** SVG to PNG of at most 256 colours, without a browser; the same SVG gives the same bytes. */
export async function rasteriseSvg(svg: string, pixelsPerPoint: number): Promise<Buffer> {
  const fonts = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const options = {
    fitTo: { mode: 'zoom', value: pixelsPerPoint },
    font: {
      loadSystemFonts: false,
      fontFiles: [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')],
      defaultFontFamily: FIGURE_FONT,
    },
  } satisfies ResvgRenderOptions;
  return sharp(new Resvg(svg, options).render().asPng()).png({ palette: true }).toBuffer();
}
