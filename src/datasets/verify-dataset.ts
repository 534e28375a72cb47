import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../kit-error.js';
import { alikeNamesNote } from '../types/alike-names.js';
import type { ImageItem } from '../types/image-set.js';
import { foldersIn, isPicture, leftOutLine } from './class-folders.js';
import { classListBeside, splitByOfficialNumber } from './cub-200-crops.js';
import { listImageFolder } from './image-folder.js';
import {
  boxMisfits,
  checkCounts,
  counted,
  type ImageListing,
  missingReport,
  partialStamp,
  presenceOf,
} from './listed-image-set.js';
import { examinePictures } from './picture-index.js';
import { datasetRoot, recogniseDataset } from './recognise-dataset.js';

export interface DatasetReport {
  /** For people, for example `CUB-200-2011`. */
  readonly title: string;
  readonly directory: string;
  /** `whole`: all there and sound. `partial`: sound but not all there. `damaged`: something can't be used. */
  readonly state: 'whole' | 'partial' | 'damaged';
  /** What was found, a line each. */
  readonly findings: readonly string[];
}

export interface VerifyOptions {
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Checks what is in a folder: the lists against the published counts, the files against the lists, and every
 * picture by decoding all of it, whatever the cache says.
 *
 * @throws KitError `dataset-missing` when there is no such folder or it holds no data set that the kit reads
 */
export async function verifyDataset(given: string, options: VerifyOptions = {}): Promise<DatasetReport> {
  const directory = datasetRoot(given);
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new KitError('dataset-missing', `${directory} is not a folder. Name the folder of a data set.`);
  }
  const found = recogniseDataset(directory);
  if (found === undefined) {
    // Says what is wrong with a folder of pictures, where it is one.
    if (foldersIn(directory).length > 0 || readdirSync(directory).some(isPicture)) listImageFolder(directory);
    throw new KitError(
      'dataset-missing',
      `${directory} holds no data set that the kit reads. Expected CUB-200-2011, Cars-196 or Stanford Online Products as their authors pack them, or a folder of pictures for each class; see datasets/README.md.`,
    );
  }
  try {
    if (found.kind === 'published') return await verifyListing(found.list(), options);
    if (found.kind === 'cub-crops') return await verifyCrops(directory, options);
    return await verifyFolder('image folder', directory, [], options);
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return {
      title: found.kind === 'published' ? found.name : found.kind,
      directory,
      state: 'damaged',
      findings: [error.message],
    };
  }
}

async function verifyListing(listing: ImageListing, options: VerifyOptions): Promise<DatasetReport> {
  const { title, directory, classNames, images, split } = listing;
  checkCounts(listing);
  const presence = presenceOf(listing);
  const findings = [
    `lists: ${counted(images.length)} images of ${counted(classNames.length)} classes; by class ${counted(split.train.length)} for training, ${counted(split.test.length)} for test`,
    ...missingReport(listing, presence),
  ];
  const { present } = presence;
  if (present.length === 0)
    return { title, directory, state: 'partial', findings: [...findings, 'the lists alone are here'] };
  const sides = (['train', 'test'] as const).map((side) => {
    const labels = new Set(split[side]);
    return counted(present.filter(({ label }) => labels.has(label)).length);
  });
  findings.push(
    `here: ${counted(present.length)} images, ${sides[0]} of training classes and ${sides[1]} of test classes`,
  );
  const { facts, broken } = await examineAll(
    directory,
    present.map(({ path }) => path),
    options,
  );
  findings.push(...broken);
  const misfits = images[0].box === undefined ? [] : boxMisfits(present, facts);
  if (misfits.length > 0) {
    findings.push(
      `${counted(misfits.length)} pictures do not hold their bounding box: not the original photographs, so boundingBoxCrops is refused`,
    );
  }
  if (!presence.complete)
    findings.push(`usable with --allow-partial, stamped "${partialStamp(listing, presence)}"`);
  const state = broken.length > 0 ? 'damaged' : presence.complete ? 'whole' : 'partial';
  return { title, directory, state, findings };
}

async function verifyCrops(directory: string, options: VerifyOptions): Promise<DatasetReport> {
  const images = join(directory, 'images');
  const { classNames } = listImageFolder(images);
  if (!existsSync(classListBeside(directory))) return verifyFolder('image folder', images, [], options);
  const split = splitByOfficialNumber(classNames, classListBeside(directory), directory);
  const sides = `${split.train.length} classes with an official number up to 100, ${split.test.length} above`;
  const report = await verifyFolder(
    'CUB crops',
    images,
    [`${sides}; not the paper's split: say "CUB crops, ${split.train.length}/${split.test.length} classes"`],
    options,
  );
  return { ...report, directory, state: report.state === 'whole' ? 'partial' : report.state };
}

async function verifyFolder(
  title: string,
  directory: string,
  findings: readonly string[],
  options: VerifyOptions,
): Promise<DatasetReport> {
  const { classNames, items, leftOut } = listImageFolder(directory, { singleImageClasses: 'allow' });
  const single = singleImageClassesIn(items);
  const { facts, broken } = await examineAll(
    directory,
    items.map(({ path }) => path),
    options,
  );
  const twice = sameBytes(items, facts);
  const alike = [alikeNamesNote(classNames) ?? []].flat();
  const here = `here: ${counted(items.length)} images of ${counted(classNames.length)} classes`;
  return {
    title,
    directory,
    state: broken.length > 0 ? 'damaged' : leftOut.length > 0 ? 'partial' : 'whole',
    findings: [
      here,
      ...findings,
      ...broken,
      ...[leftOutLine(leftOut) ?? []].flat(),
      ...single,
      ...twice,
      ...alike,
    ],
  };
}

/**
 * Files of the same bytes. In two classes one of the labels is wrong, and each is the other's nearest of another class;
 * in one class each finds the other, and Recall@1 is too high.
 */
function sameBytes(
  items: readonly ImageItem[],
  facts: readonly ({ readonly sha256: string } | undefined)[],
): string[] {
  const first = new Map<string, ImageItem>();
  const [inTwoClasses, inOneClass]: string[][] = [[], []];
  items.forEach((item, i) => {
    const sum = facts[i]?.sha256;
    if (sum === undefined) return;
    const other = first.get(sum);
    if (other === undefined) first.set(sum, item);
    else (other.label === item.label ? inOneClass : inTwoClasses).push(`${other.path} and ${item.path}`);
  });
  const line = (pairs: readonly string[], one: string, several: string, consequence: string) =>
    pairs.length === 0
      ? []
      : [
          `${counted(pairs.length)} ${pairs.length === 1 ? `picture ${one}` : `pictures ${several}`}, byte for byte: ${pairs.slice(0, 5).join('; ')}${pairs.length > 5 ? '; …' : ''}${consequence}`,
        ];
  return [
    ...line(inTwoClasses, 'lies in two classes', 'lie in two classes', ''),
    ...line(
      inOneClass,
      'repeats another of its class',
      'repeat others of their class',
      ' (each finds its copy, which lifts Recall@1)',
    ),
  ];
}

function singleImageClassesIn(items: readonly ImageItem[]): string[] {
  const counts = new Map<number, number>();
  for (const { label } of items) counts.set(label, (counts.get(label) ?? 0) + 1);
  const single = [...counts.values()].filter((count) => count === 1).length;
  if (single === 0) return [];
  return [
    `${counted(single)} ${single === 1 ? 'class has' : 'classes have'} one picture: kit embed takes them, training needs two`,
  ];
}

async function examineAll(directory: string, paths: readonly string[], options: VerifyOptions) {
  const { facts, faults } = await examinePictures(directory, paths, {
    depth: 'pixels',
    afresh: true,
    onProgress: (done) => options.onProgress?.(done, paths.length),
  });
  const shown = faults.slice(0, 10).map(({ path, reason }) => `  ${path}: ${reason}`);
  const more = faults.length > shown.length ? [`  and ${faults.length - shown.length} more`] : [];
  const broken =
    faults.length === 0
      ? []
      : [`${counted(faults.length)} of ${counted(paths.length)} pictures can't be read:`, ...shown, ...more];
  return { facts, broken };
}
