import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { KitError } from '../runtime/kit-error.js';
import type { ImageItem, ImageSet, RgbImage } from '../types/image-set.js';

const PICTURE = /\.(jpe?g|png|webp|gif|tiff?|avif|svg)$/i;
const CHECKED_AT_ONCE = 8;

export interface ImageFolderOptions {
  /** Holds one folder a class, with its pictures in it. */
  readonly directory: string;
  /** Default: the folder's path as given. */
  readonly name?: string;
}

/**
 * A user's own pictures: a folder a class. Every picture is decoded once while loading, so that a broken one
 * is named before training begins.
 *
 * @throws KitError `dataset-missing`, `invalid-dataset` (no classes, an empty class, a class with one picture) or
 *   `broken-image`, each with the path and what to do
 */
export async function loadImageFolder(options: ImageFolderOptions): Promise<ImageSet> {
  const { directory, name = options.directory } = options;
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new KitError(
      'dataset-missing',
      `${directory} is not a folder. Expected a folder that holds one folder a class.`,
    );
  }
  const classNames = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  if (classNames.length === 0) {
    throw new KitError(
      'invalid-dataset',
      `${directory} holds no folders. Put the pictures of each class into a folder of their own.`,
    );
  }
  const items: ImageItem[] = [];
  for (const [label, className] of classNames.entries()) {
    const pictures = readdirSync(join(directory, className))
      .filter((file) => PICTURE.test(file))
      .sort();
    if (pictures.length < 2) {
      const found = pictures.length === 0 ? 'no picture' : 'one picture';
      throw new KitError(
        'invalid-dataset',
        `The class ${join(directory, className)} has ${found}; an anchor and a positive need two or more. Add pictures or remove the folder.`,
      );
    }
    items.push(...pictures.map((file) => ({ path: join(className, file), label })));
  }
  const sums: string[] = [];
  for (let start = 0; start < items.length; start += CHECKED_AT_ONCE) {
    const block = items.slice(start, start + CHECKED_AT_ONCE).map(async ({ path }) => {
      await decode(join(directory, path));
      return createHash('sha256')
        .update(readFileSync(join(directory, path)))
        .digest('hex');
    });
    sums.push(...(await Promise.all(block)));
  }
  const checksum = createHash('sha256')
    .update(JSON.stringify([items, sums]))
    .digest('hex');
  return { name, classNames, items, checksum, read: (index) => decode(join(directory, items[index].path)) };
}

/** Decodes a picture to 8-bit RGB on white. @throws KitError `broken-image` with the path */
export async function decode(path: string): Promise<RgbImage> {
  try {
    const { data, info } = await sharp(path, { failOn: 'warning' })
      .rotate()
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels === 3) return { width: info.width, height: info.height, data };
    const rgb = Uint8Array.from({ length: info.width * info.height * 3 }, (_, i) => data[Math.floor(i / 3)]);
    return { width: info.width, height: info.height, data: rgb };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new KitError(
      'broken-image',
      `${path} can't be read as a picture (${reason}). Replace it or remove it.`,
      { cause: error },
    );
  }
}
