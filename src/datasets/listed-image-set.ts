import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../kit-error.js';
import type { ClassSplit, SplitImageSet } from './paper-split.js';
import { type PictureFacts, requirePictures } from './picture-index.js';
import { type PictureBox, readPicture } from './read-picture.js';

export interface ListedImage {
  /** Relative to the data set's folder, with forward slashes. */
  readonly path: string;
  /** Index into the listing's `classNames`. */
  readonly label: number;
  /** In pixels of the original photograph. */
  readonly box?: PictureBox;
}

/** What the lists of a published data set say, whether or not the pictures are there. */
export interface ImageListing {
  /** Goes into records. */
  readonly name: string;
  /** For messages. */
  readonly title: string;
  readonly directory: string;
  readonly classNames: readonly string[];
  readonly images: readonly ListedImage[];
  readonly split: ClassSplit;
  /** Images of the whole data set in the classes for training and for test, as published. */
  readonly published: { readonly train: number; readonly test: number };
  /** Why `images` are fewer than published: a list that is missing. */
  readonly missingList?: string;
}

export interface ListedImageSetOptions {
  /** Accept a copy that lacks pictures; the set is then stamped with `partial`. Default false. */
  readonly allowPartial?: boolean;
  /**
   * Give each picture cut to the box that its annotation draws round the object. Default false: the paper
   * trains and tests on whole pictures (section 4.1).
   */
  readonly boundingBoxCrops?: boolean;
}

/** What of a listing is on disk. */
export interface Presence {
  readonly present: readonly ListedImage[];
  readonly missing: readonly ListedImage[];
  /** Files beside the listed ones that no list names. */
  readonly unlisted: readonly string[];
  readonly complete: boolean;
}

/** Compares a listing with the folders it names; opens no picture. */
export function presenceOf({ directory, images, missingList }: ImageListing): Presence {
  const filesIn = new Map<string, Set<string>>();
  const present: ListedImage[] = [];
  const missing: ListedImage[] = [];
  for (const image of images) {
    const cut = image.path.lastIndexOf('/');
    const folder = image.path.slice(0, cut);
    let files = filesIn.get(folder);
    if (files === undefined) {
      files = filesOf(join(directory, folder));
      filesIn.set(folder, files);
    }
    (files.delete(image.path.slice(cut + 1)) ? present : missing).push(image);
  }
  const unlisted = [...filesIn].flatMap(([folder, files]) => [...files].map((file) => `${folder}/${file}`));
  return { present, missing, unlisted, complete: missing.length === 0 && missingList === undefined };
}

function filesOf(folder: string): Set<string> {
  try {
    return new Set(
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => entry.name),
    );
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return new Set();
    throw error;
  }
}

/** `partial: 2,889 of 11,788 images, 50 of 200 classes` */
export function partialStamp({ published, classNames }: ImageListing, { present }: Presence): string {
  const classes = new Set(present.map(({ label }) => label)).size;
  return `partial: ${counted(present.length)} of ${counted(published.train + published.test)} images, ${counted(classes)} of ${counted(classNames.length)} classes`;
}

/** What is missing, in a few lines. */
export function missingReport(listing: ImageListing, { present, missing, unlisted }: Presence): string[] {
  const lines: string[] = [];
  if (listing.missingList !== undefined) lines.push(listing.missingList);
  if (missing.length > 0) {
    const labelsPresent = new Set(present.map(({ label }) => label));
    const whole = missing.filter(({ label }) => !labelsPresent.has(label));
    const single = missing.filter(({ label }) => labelsPresent.has(label));
    const classes = [...new Set(whole.map(({ label }) => label))].map((label) => listing.classNames[label]);
    lines.push(`${counted(missing.length)} listed images are missing`);
    if (classes.length > 0)
      lines.push(
        `  ${counted(classes.length)} classes whole (${counted(whole.length)} images): ${firstOf(classes)}`,
      );
    if (single.length > 0) {
      const classes = new Set(single.map(({ label }) => label)).size;
      lines.push(
        `  ${counted(single.length)} of ${counted(classes)} classes that are here in part: ${firstOf(single.map(({ path }) => path))}`,
      );
    }
  }
  if (unlisted.length > 0)
    lines.push(
      `${counted(unlisted.length)} ${unlisted.length === 1 ? 'file is' : 'files are'} not in the lists and left out: ${firstOf(unlisted)}`,
    );
  return lines;
}

function firstOf(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
}

export function counted(count: number): string {
  return count.toLocaleString('en');
}

/**
 * Checks a listing against the published counts.
 *
 * @throws KitError `invalid-dataset`: a list was altered or cut off
 */
export function checkCounts(listing: ImageListing): void {
  if (listing.missingList !== undefined) return;
  for (const side of ['train', 'test'] as const) {
    const labels = new Set(listing.split[side]);
    const images = listing.images.filter(({ label }) => labels.has(label)).length;
    if (images === listing.published[side]) continue;
    throw new KitError(
      'invalid-dataset',
      `The lists in ${listing.directory} name ${counted(images)} images of the ${labels.size} ${side === 'train' ? 'training' : 'test'} classes; ${listing.title} has ${counted(listing.published[side])}. Get the lists again.`,
    );
  }
}

/**
 * The pictures of a listing, with the paper's split.
 *
 * @throws KitError `dataset-missing` (no picture at all), `dataset-partial` (some missing, and not allowed),
 *   `broken-image` (a file that is no picture), `invalid-dataset` (boxes that do not fit the pictures)
 */
export async function loadListing(
  listing: ImageListing,
  options: ListedImageSetOptions,
): Promise<SplitImageSet> {
  const { allowPartial = false, boundingBoxCrops = false } = options;
  checkCounts(listing);
  const presence = presenceOf(listing);
  const report = missingReport(listing, presence);
  if (presence.present.length === 0) {
    throw new KitError(
      'dataset-missing',
      `${listing.directory} holds the lists of ${listing.title} but none of the images:\n  ${report.join('\n  ')}\nUnpack the images there, or point KIT_DATA at the folder that holds them.`,
    );
  }
  if (!presence.complete && !allowPartial) {
    throw new KitError(
      'dataset-partial',
      `The copy of ${listing.title} in ${listing.directory} is not whole (${partialStamp(listing, presence)}):\n  ${report.join('\n  ')}\nComplete it, or use it as it is with allowPartial (--allow-partial), which stamps everything made from it.`,
    );
  }
  const { present } = presence;
  const facts = await requirePictures(
    listing.directory,
    present.map(({ path }) => path),
    'header',
  );
  if (boundingBoxCrops) requireFittingBoxes(listing, present, facts);

  const officialLabels = [...new Set(present.map(({ label }) => label))].sort((a, b) => a - b);
  const labelOf = new Map(officialLabels.map((official, label) => [official, label]));
  const labelsOf = (official: readonly number[]) =>
    official.map((label) => labelOf.get(label)).filter((label) => label !== undefined);
  const items = present.map(({ path, label }) => ({ path, label: labelOf.get(label) as number }));
  const checksum = createHash('sha256')
    .update(JSON.stringify([items, facts.map(({ sha256 }) => sha256)]))
    .update(boundingBoxCrops ? JSON.stringify(present.map(({ box }) => box)) : '')
    .digest('hex');
  return {
    name: boundingBoxCrops ? `${listing.name}-boxes` : listing.name,
    classNames: officialLabels.map((label) => listing.classNames[label]),
    items,
    digests: facts.map(({ sha256 }, i) =>
      boundingBoxCrops ? `${sha256} ${JSON.stringify(present[i].box)}` : sha256,
    ),
    checksum,
    ...(presence.complete ? {} : { partial: partialStamp(listing, presence) }),
    split: { train: labelsOf(listing.split.train), test: labelsOf(listing.split.test) },
    read: (index) => {
      const { path, box } = present[index];
      const cut = boundingBoxCrops && box !== undefined ? clip(box, facts[index]) : undefined;
      return readPicture(join(listing.directory, path), cut === undefined ? {} : { box: cut });
    },
  };
}

/** Share of a box that must lie inside its picture: a few published boxes reach over the edge by some pixels. */
const LEAST_INSIDE = 0.9;

function requireFittingBoxes(
  listing: ImageListing,
  images: readonly ListedImage[],
  facts: readonly PictureFacts[],
): void {
  if (images.some(({ box }) => box === undefined)) {
    throw new KitError(
      'invalid-dataset',
      `${listing.directory} holds no bounding boxes (for CUB-200-2011, bounding_boxes.txt). Leave out boundingBoxCrops, or get the list again.`,
    );
  }
  const misfits = boxMisfits(images, facts);
  if (misfits.length === 0) return;
  throw new KitError(
    'invalid-dataset',
    `${counted(misfits.length)} of ${counted(images.length)} pictures in ${listing.directory} do not hold their bounding box, ${misfits[0].path} for one: these are not the original photographs. Leave out boundingBoxCrops, or get the originals.`,
  );
}

/** Pictures that have no box, or one that does not lie in them. */
export function boxMisfits(
  images: readonly ListedImage[],
  facts: readonly (PictureFacts | undefined)[],
): ListedImage[] {
  return images.filter(({ box }, i) => {
    const fact = facts[i];
    if (fact === undefined) return false;
    if (box === undefined) return true;
    const { width, height } = clip(box, fact);
    return !(width * height >= LEAST_INSIDE * box.width * box.height && width > 0 && height > 0);
  });
}

function clip(
  box: PictureBox,
  { width, height }: { readonly width: number; readonly height: number },
): PictureBox {
  const left = Math.max(0, Math.floor(box.left));
  const top = Math.max(0, Math.floor(box.top));
  return {
    left,
    top,
    width: Math.max(0, Math.min(width, Math.ceil(box.left + box.width)) - left),
    height: Math.max(0, Math.min(height, Math.ceil(box.top + box.height)) - top),
  };
}
