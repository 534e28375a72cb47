import sharp from 'sharp';
import { KitError } from '../kit-error.js';
import { type ChartSpec, renderChart } from '../report/chart.js';
import type { RgbImage } from '../types/image-set.js';

interface Display {
  png(data: Uint8Array): void;
  markdown(text: string): void;
}

// Only a notebook needs tslab, whose import opens its Jupyter side.
const display = () => (require('tslab') as { display: Display }).display;

function show(draw: (on: Display) => void): void {
  try {
    draw(display());
  } catch (error) {
    if ((error as Error).message !== 'Not ready') throw error;
    throw new KitError(
      'invalid-argument',
      'There is no notebook cell to show this under. Outside of a notebook, write it to a file: renderChart gives SVG and PNG.',
      { cause: error },
    );
  }
}

/**
 * Shows a vega-lite chart under the cell, as a picture that every viewer of notebooks can draw.
 *
 * @throws KitError `invalid-argument` outside of a notebook, as all of these do
 */
export async function showChart(spec: ChartSpec): Promise<void> {
  const { png } = await renderChart(spec);
  show((on) => on.png(png));
}

/** Shows a PNG under the cell. */
export function showImage(png: Uint8Array): void {
  show((on) => on.png(png));
}

/** Shows Markdown, for example a table, under the cell. */
export function showMarkdown(text: string): void {
  show((on) => on.markdown(text));
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
  showImage(
    await sharp({ create: { width, height: side, channels: 3, background: '#fff' } })
      .composite(tiles)
      .png()
      .toBuffer(),
  );
}
