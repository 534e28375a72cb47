import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { factsOf } from '../files/file-facts.js';
import { KitError } from '../kit-error.js';
import type { ImageItem, ImageSet } from '../types/image-set.js';
import { classFolders, foldersIn, isPicture, type LeftOut, leftOutLine } from './class-folders.js';
import { requirePictures } from './picture-index.js';
import { readPicture } from './read-picture.js';

export interface ImageFolderOptions {
  /** Holds one folder a class, with its pictures in it. */
  readonly directory: string;
  /** Default: the folder's path as given. */
  readonly name?: string;
  /** `refuse` (default) a class of one picture, as training must, or `allow` it. */
  readonly singleImageClasses?: 'refuse' | 'allow';
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
  const { classNames, items, leftOut } = listImageFolder(directory, options);
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
    leftOut: leftOut.map(({ path, reason }) => `${path} (${reason})`),
    read: (index) => readPicture(join(directory, items[index].path)),
  };
}

const SPLITS = /^(train|training|test|testing|val|valid|validation|dev|query|gallery)$/i;

/** One name can be written with one character for ü, or with two: copied from a Mac, one class comes as two. */
function requireNamesThatDiffer(classNames: readonly string[], directory: string): void {
  const seen = new Map<string, string>();
  for (const name of classNames) {
    const composed = name.normalize('NFC');
    const other = seen.get(composed);
    if (other !== undefined) {
      const [short, long] = [other, name].sort((a, b) => a.length - b.length);
      throw new KitError(
        'invalid-dataset',
        `${directory} has two folders whose names look the same, ${short}: one has ${short.length} characters, the other writes accents apart (Unicode NFD) and has ${long.length}. If they are one class, move the pictures into one folder; else rename one.`,
      );
    }
    seen.set(composed, name);
  }
}

/** Classes and items of an image folder, nothing decoded. @throws as `loadImageFolder`, save `broken-image` */
export function listImageFolder(
  directory: string,
  options: Pick<ImageFolderOptions, 'singleImageClasses'> = {},
): {
  readonly classNames: string[];
  readonly items: ImageItem[];
  readonly leftOut: readonly LeftOut[];
} {
  const wrong = (what: string): never => {
    throw new KitError('invalid-dataset', what);
  };
  const file = factsOf(directory);
  if (file === undefined || !file.isDirectory()) {
    const one =
      file !== undefined && isPicture(directory)
        ? ' It is one picture: put it into a folder, and that into another: pictures/what-it-shows/picture.jpg, then name pictures.'
        : '';
    throw new KitError(
      'dataset-missing',
      `${directory} is not a folder. Expected a folder that holds one folder a class.${one}`,
    );
  }
  const { folders, leftOut } = classFolders(directory);
  const classNames = folders.map(({ name }) => name);
  if (classNames.length === 0) {
    const flat = leftOut.filter(({ path }) => isPicture(path)).length;
    const found = flat === 0 ? '' : ` (${flat} pictures lie in it, without classes)`;
    return wrong(
      `${directory} holds no folders${found}. Put the pictures of each class into a folder of their own.`,
    );
  }
  const splits = classNames.filter(
    (name) => SPLITS.test(name) && foldersIn(join(directory, name)).length > 0,
  );
  if (splits.length > 1 || (splits.length === 1 && classNames.length === 1))
    wrong(
      `${directory} is split into ${splits.join(' and ')}, each with folders of its own. Name one of them, ${join(directory, splits[0])} for one: the kit splits by class itself.`,
    );
  if (classNames.every((name) => SPLITS.test(name)))
    wrong(
      `${directory} holds ${classNames.join(' and ')}, whose pictures lie in no folders of classes: their names are those of a split, not of classes. Put the pictures of each class into a folder of their own.`,
    );
  requireNamesThatDiffer(classNames, directory);
  const [only] = classNames;
  if (classNames.length === 1 && foldersIn(join(directory, only)).length > 1)
    wrong(
      `${directory} holds one folder, ${only}, and the classes are in that. Name ${join(directory, only)}.`,
    );
  const items: ImageItem[] = [];
  for (const [label, { name, pictures }] of folders.entries()) {
    const least = options.singleImageClasses === 'allow' ? 1 : 2;
    if (pictures.length < least) {
      const others = leftOut.filter(({ path }) => path.startsWith(join(name, '/')));
      const why = others.length === 0 ? '' : ` (${leftOutLine(others)})`;
      const found = pictures.length === 0 ? `no picture${why}` : `one picture${why}`;
      wrong(
        `The class ${join(directory, name)} has ${found}; ${least === 1 ? 'a class needs one or more' : 'an anchor and a positive need two or more'}. Add pictures or remove the folder.`,
      );
    }
    items.push(...pictures.map((path) => ({ path, label })));
  }
  return { classNames, items, leftOut };
}
