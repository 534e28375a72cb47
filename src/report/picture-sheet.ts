import sharp from 'sharp';
import type { EmbeddingTable } from '../types/embedding-table.js';
import type { ImageSet } from '../types/image-set.js';
import { escapedText } from './escaped-text.js';
import { FIGURE_FONT, rasteriseSvg } from './rasterise-svg.js';

/** Embeddings with the pictures that they are of. */
export interface PictureEmbeddings {
  readonly images: ImageSet;
  readonly embeddings: EmbeddingTable;
  /** Item of `images` that each row belongs to. */
  readonly itemIndices: Int32Array;
}

export interface PictureSheet {
  readonly title: string;
  readonly subtitle: string;
  readonly width: number;
  readonly height: number;
  /** SVG elements, from the top left corner below the title. */
  readonly body: string;
}

const PIXELS_PER_POINT = 2;
const MARGIN = 14;
const TITLE_HEIGHT = 44;

/** A picture as an SVG element of `side` points, whole, on white. */
export async function pictureElement(
  images: ImageSet,
  item: number,
  at: { readonly left: number; readonly top: number; readonly side: number },
): Promise<string> {
  const { data, width, height } = await images.read(item);
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(PIXELS_PER_POINT * at.side, PIXELS_PER_POINT * at.side, { fit: 'contain', background: '#fff' })
    .png()
    .toBuffer();
  const href = `data:image/png;base64,${png.toString('base64')}`;
  return `<image x="${at.left}" y="${at.top}" width="${at.side}" height="${at.side}" href="${href}"/>`;
}

/** Draws a sheet on white under its title. @returns a PNG */
export async function drawPictureSheet(sheet: PictureSheet): Promise<Buffer> {
  const width = sheet.width + 2 * MARGIN;
  const height = sheet.height + TITLE_HEIGHT + 2 * MARGIN;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FIGURE_FONT}">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${MARGIN}" y="${MARGIN + 12}" font-size="15" font-weight="bold">${escapedText(sheet.title)}</text>
<text x="${MARGIN}" y="${MARGIN + 29}" font-size="11" fill="#555">${escapedText(sheet.subtitle)}</text>
<g transform="translate(${MARGIN} ${MARGIN + TITLE_HEIGHT})">${sheet.body}</g></svg>`;
  return rasteriseSvg(svg, PIXELS_PER_POINT);
}
