import { KitError } from '../../kit-error.js';
import type { PublishedName } from '../recognise-dataset.js';
import content from './sources.json';

/** One file of a data set as its authors publish it. */
export interface ArchiveSource {
  readonly file: string;
  readonly address: string;
  readonly addressStatus: string;
  readonly bytes: number | null;
  /** Hex; null where no sum is known: that of the first download is recorded and held to. */
  readonly sha256: string | null;
  readonly sumStatus: string;
}

export interface DatasetSource {
  readonly name: PublishedName;
  readonly title: string;
  /** Its folder in the data directory. */
  readonly folder: string;
  readonly homepage: string;
  readonly contents: string;
  /** Of the whole, by class as the papers split it. */
  readonly split: Readonly<Record<'train' | 'test', { readonly classes: number; readonly images: number }>>;
  readonly terms: string;
  /** More than this no honest archive of it unpacks to. */
  readonly mostBytesUnpacked: number;
  /** The first is downloaded; the others are taken from a folder that has them. */
  readonly packagings: readonly { readonly archives: readonly ArchiveSource[] }[];
}

export const datasetSources = content.datasets as readonly DatasetSource[];

/** @throws KitError `invalid-argument` for a name that is not there */
export function sourceNamed(name: string): DatasetSource {
  const source = datasetSources.find((one) => one.name === name);
  if (source !== undefined) return source;
  throw new KitError(
    'invalid-argument',
    `There is no data set "${name}" to get; there are ${datasetSources.map((one) => one.name).join(', ')}. The emoji come with the kit.`,
  );
}
