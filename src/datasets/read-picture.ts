import sharp from 'sharp';
import { KitError } from '../kit-error.js';
import type { RgbImage } from '../types/image-set.js';

/** Part of a picture in pixels of the file as stored; left and top count from 0. */
export interface PictureBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** 100 megapixels are 300 MB in memory. */
export const MOST_PIXELS = 1e8;

/**
 * Decodes a picture to 8-bit RGB: transparent parts on white, grey and CMYK converted, turned upright by its EXIF
 * orientation; of an animation, the first frame.
 *
 * @param options.box only this part, of the pixels as stored (orientation ignored, as annotations ignore it)
 * @throws KitError `broken-image` with the path: damaged, truncated, no picture, of numbers whose range is not known, or above
 *   100 megapixels
 */
export async function readPicture(
  path: string,
  options: { readonly box?: PictureBox } = {},
): Promise<RgbImage> {
  try {
    const picture = sharp(path, { failOn: 'warning', limitInputPixels: MOST_PIXELS });
    if (/\.tiff?$/i.test(path)) requireKnownRange((await picture.metadata()).depth);
    const { data, info } = await (options.box === undefined ? picture.rotate() : picture.extract(options.box))
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels === 3) return { width: info.width, height: info.height, data };
    const rgb = Uint8Array.from({ length: info.width * info.height * 3 }, (_, i) => data[Math.floor(i / 3)]);
    return { width: info.width, height: info.height, data: rgb };
  } catch (error) {
    throw new KitError(
      'broken-image',
      `${path} can't be read as a picture (${reasonOf(error)}). Replace it or remove it.`,
      { cause: error },
    );
  }
}

/** Numbers of a microscope or of a depth map lie between any two: taken as 0 to 255, most are black. */
function requireKnownRange(depth: string | undefined): void {
  if (depth !== undefined && !['uchar', 'ushort'].includes(depth))
    throw new Error(
      `its numbers are of the kind ${depth}, whose range is not known; save it with 8 or 16 bits`,
    );
}

/** The decoder's complaint in one line. */
export function reasonOf(error: unknown): string {
  const lines = (error as Error).message.split('\n').map((text) => text.trim().replace(/:$/, ''));
  // Says only that what comes after it, or nothing, was more than a warning.
  const line =
    lines.find((text) => text !== '' && !text.startsWith('Warning treated as error')) ?? 'damaged or cut off';
  if (/pixel limit/.test(line)) return 'it has more than 100 megapixels';
  if ((error as NodeJS.ErrnoException).code === 'EISDIR') return 'it is a folder';
  return line === 'Input Buffer is empty' ? 'the file is empty' : line;
}
