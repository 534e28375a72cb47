import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { listCars196 } from './cars-196.js';
import { listCub200 } from './cub-200.js';
import { PICTURE } from './image-folder.js';
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
  if (has('cars_annos.mat') || has('devkit', 'cars_train_annos.mat'))
    return published('cars196', listCars196);
  if (hasOnlineProductsLists(directory)) return published('online-products', listOnlineProducts);
  const folders = subfolders(directory);
  if (folders.length === 1 && folders[0] === 'images' && subfolders(join(directory, 'images')).length > 1)
    return { kind: 'cub-crops' };
  if (folders.length > 1 && folders.every((folder) => hasPicture(join(directory, folder))))
    return { kind: 'image-folder' };
  return undefined;
}

function subfolders(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function hasPicture(directory: string): boolean {
  return readdirSync(directory).some((file) => PICTURE.test(file));
}
