import sharp from 'sharp';
import { KitError } from '../kit-error.js';
import { type ChartSpec, renderChart } from '../report/chart.js';
import { FIGURE_FONT } from '../report/rasterise-svg.js';
import type { RgbImage } from '../types/image-set.js';

interface DisplayMessage {
  readonly data: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, object>>;
  readonly transient: { readonly display_id?: string };
}

// tslab's public side takes no metadata, and one type a display. Only a notebook needs it: its import opens Jupyter's side.
const jupyter = () =>
  require('tslab/dist/jupyter.js') as {
    lastWriteDisplayData: ((message: DisplayMessage, update?: boolean) => void) | null;
  };

/** Shows one thing in several types; a viewer takes the best that it can draw. */
function show(data: DisplayMessage['data'], metadata: DisplayMessage['metadata'] = {}): void {
  const { lastWriteDisplayData } = jupyter();
  if (lastWriteDisplayData === null) {
    throw new KitError(
      'invalid-argument',
      'There is no notebook cell to show this under. Outside of a notebook, write it to a file: renderChart gives SVG and PNG.',
    );
  }
  lastWriteDisplayData({ data, metadata, transient: {} });
}

/** Larger drawings are shown as PNG alone: a map of thousands of points is heavy as SVG. */
const LARGEST_SVG = 200_000;

/**
 * Shows a vega-lite chart under the cell, at its own size and on a ground of its own, so that it reads in a dark theme too: as
 * SVG where that is drawn, and as a PNG of twice the pixels.
 *
 * @throws KitError `invalid-argument` outside of a notebook, as all of these do
 */
export async function showChart(spec: ChartSpec): Promise<void> {
  const { svg, png } = await renderChart(spec);
  const drawing = svg.replaceAll(
    `font-family="${FIGURE_FONT}"`,
    `font-family="${FIGURE_FONT}, Verdana, sans-serif"`,
  );
  show(
    { ...(drawing.length <= LARGEST_SVG && { 'image/svg+xml': drawing }), ...pngData(png) },
    pngSize(png, 2),
  );
}

/**
 * Shows a PNG under the cell.
 *
 * @param pixelsPerPoint by which its pixels are divided for its size on the page. Default 2, as the kit's figures have it
 */
export function showImage(png: Uint8Array, pixelsPerPoint = 2): void {
  show(pngData(png), pngSize(png, pixelsPerPoint));
}

/** Shows Markdown, for example a table, under the cell. */
export function showMarkdown(text: string): void {
  show({ 'text/markdown': text });
}

/** Shows small pictures side by side, each enlarged to `side` pixels without smoothing. */
export async function showPictures(pictures: readonly RgbImage[], side = 96): Promise<void> {
  const tiles = await Promise.all(
    pictures.map(async ({ data, width, height }, i) => ({
      input: await sharp(data, { raw: { width, height, channels: 3 } })
        .resize(side, side, { kernel: 'nearest' })
        .png()
        .toBuffer(),
      left: i * (side + 8),
      top: 0,
    })),
  );
  const width = pictures.length * (side + 8) - 8;
  const sheet = sharp({ create: { width, height: side, channels: 3, background: '#fff' } });
  showImage(await sheet.composite(tiles).png().toBuffer(), 1);
}

const pngData = (png: Uint8Array) => ({ 'image/png': Buffer.from(png).toString('base64') });

/** Size on the page, from the first chunk of the file. */
function pngSize(png: Uint8Array, pixelsPerPoint: number) {
  const [width, height] = [16, 20].map((at) =>
    Math.round(Buffer.from(png).readUInt32BE(at) / pixelsPerPoint),
  );
  return { 'image/png': { width, height } };
}
