import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../kit-error.js';
import type { ImageItem, ImageSet } from '../types/image-set.js';
import { requirePictures } from './picture-index.js';
import { readPicture } from './read-picture.js';

export const PICTURE = /\.(jpe?g|png|webp|gif|tiff?|avif|svg)$/i;

export interface ImageFolderOptions {
  /** Holds one folder a class, with its pictures in it. */
  readonly directory: string;
  /** Default: the folder's path as given. */
  readonly name?: string;
}

/**
 * A user's own pictures: a folder a class. Every picture is decoded once while loading, so that a broken one
 * is named before training begins; what was seen of unchanged files is kept in the cache folder.
 *
 * @throws KitError `dataset-missing`, `invalid-dataset` (no classes, an empty class, a class with one picture) or
 *   `broken-image`, each with the path and what to do
 */
export async function loadImageFolder(options: ImageFolderOptions): Promise<ImageSet> {
  const { directory, name = options.directory } = options;
  const { classNames, items } = listImageFolder(directory);
  const facts = await requirePictures(
    directory,
    items.map(({ path }) => path),
    'pixels',
  );
  const checksum = createHash('sha256')
    .update(JSON.stringify([items, facts.map(({ sha256 }) => sha256)]))
    .digest('hex');
  return {
    name,
    classNames,
    items,
    digests: facts.map(({ sha256 }) => sha256),
    checksum,
    read: (index) => readPicture(join(directory, items[index].path)),
  };
}

/** Classes and items of an image folder, nothing decoded. @throws as `loadImageFolder`, save `broken-image` */
export function listImageFolder(directory: string): {
  readonly classNames: string[];
  readonly items: ImageItem[];
} {
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
  return { classNames, items };
}
