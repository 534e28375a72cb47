import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listCars196 } from './cars-196.js';
import { classFolders, foldersIn } from './class-folders.js';
import { listCub200, readCubClassNames } from './cub-200.js';
import { classListBeside } from './cub-200-crops.js';
import type { ImageListing } from './listed-image-set.js';
import { hasOnlineProductsLists, listOnlineProducts } from './online-products.js';

export type PublishedName = 'cub200' | 'cars196' | 'online-products';

/** A folder that looks like a data set the kit reads; `list` may still find the lists damaged. */
export type RecognisedDataset =
  | { readonly kind: 'published'; readonly name: PublishedName; readonly list: () => ImageListing }
  | { readonly kind: 'cub-crops' }
  | { readonly kind: 'image-folder' };

/** Tells by its files which data set a folder holds; undefined when none. */
export function recogniseDataset(directory: string): RecognisedDataset | undefined {
  const has = (...path: string[]) => existsSync(join(directory, ...path));
  const published = (name: PublishedName, list: (directory: string) => ImageListing): RecognisedDataset => ({
    kind: 'published',
    name,
    list: () => list(directory),
  });
  if (has('images.txt') && has('classes.txt')) return published('cub200', listCub200);
  if (
    has('cars_annos.mat') ||
    has('devkit', 'cars_train_annos.mat') ||
    has('cars_train_annos.mat') ||
    has('cars_train')
  )
    return published('cars196', listCars196);
  if (hasOnlineProductsLists(directory) || has('bicycle_final') || has('cabinet_final'))
    return published('online-products', listOnlineProducts);
  const folders = foldersIn(directory);
  if (folders.length === 1 && folders[0] === 'images' && holdsBirds(directory)) return { kind: 'cub-crops' };
  if (folders.length > 1 && classFolders(directory).folders.some(({ pictures }) => pictures.length > 0))
    return { kind: 'image-folder' };
  return undefined;
}

/**
 * The folder itself, or the one folder in it that holds a published data set, as archives of others pack it.
 */
export function datasetRoot(directory: string): string {
  if (recogniseDataset(directory)?.kind === 'published') return directory;
  const inside = foldersIn(directory)
    .map((folder) => join(directory, folder))
    .filter((folder) => recogniseDataset(folder)?.kind === 'published');
  return inside.length === 1 ? inside[0] : directory;
}

/** Whether folders in `images/` are named as classes of CUB-200-2011 are, whose list lies beside. */
function holdsBirds(directory: string): boolean {
  const classList = classListBeside(directory);
  if (!existsSync(classList)) return false;
  const known = new Set(readCubClassNames(classList).map((name) => name.replace(/^\d+\./, '')));
  return foldersIn(join(directory, 'images')).some((name) => known.has(name));
}
