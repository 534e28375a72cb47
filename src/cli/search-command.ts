import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadImageFolder } from '../datasets/image-folder.js';
import { readPicture } from '../datasets/read-picture.js';
import { nearestNeighbours } from '../evaluation/nearest-neighbours.js';
import { embedPictures } from '../features/embed-pictures.js';
import { extractFeatures, openFeatures } from '../features/extract-features.js';
import { openOnnxBackbone } from '../features/onnx-backbone.js';
import { factsOf } from '../files/file-facts.js';
import { requireFreeOutputs } from '../files/planned-outputs.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { searchPage } from '../report/search-page.js';
import { filesOfBackbone, isOnnxFile, type OnnxOptions } from './backbone-choice.js';
import { flattenedNote } from './flattened-features.js';
import { cancelOnInterrupt, pictureProgress } from './progress.js';

export interface SearchOptions extends OnnxOptions {
  /** Folder that is searched in, one folder a class. */
  readonly in: string;
  readonly backbone: string;
  readonly layer?: string;
  readonly count: number;
  readonly out: string;
  readonly force?: boolean;
}

/** `kit search`: the pictures of a folder that are nearest to one by an ONNX network, as text and as a page. */
export async function searchCommand(query: string, options: SearchOptions): Promise<void> {
  if (!existsSync(query) || statSync(query).isDirectory())
    throw new KitError('invalid-argument', `${query} is no file; name the picture to search for.`);
  if (!isOnnxFile(options.backbone))
    throw new KitError(
      'invalid-argument',
      `--backbone is "${options.backbone}"; kit search takes the path of an .onnx file, as kit model export writes it.`,
    );
  await requireFreeOutputs({
    inputs: [query, options.in, ...filesOfBackbone(options.backbone)],
    outputs: [{ path: options.out, isEarlierResult: () => isSearchPage(options.out) }],
    force: options.force,
  });
  const picture = await readPicture(query);
  const onnx = await openOnnxBackbone(options.backbone, options.layer, {
    ...options,
    inputValues: options.inputValue,
  });
  const flattened = flattenedNote(onnx.layer, onnx.shape);
  if (flattened !== undefined) process.stdout.write(`note: ${flattened}\n`);
  const images = await loadImageFolder({ directory: options.in, singleImageClasses: 'allow' });
  const isQuery = ({ path }: { readonly path: string }) => isSameFile(query, join(options.in, path));
  const items = [...images.items.keys()].filter((item) => !isQuery(images.items[item]));
  if (items.length === 0)
    throw new KitError('invalid-argument', `${options.in} holds no picture but the query, ${query}.`);
  const queryLeftOut = items.length < images.items.length;
  if (queryLeftOut)
    process.stdout.write(`note: the query lies in ${options.in} and is left out of what is found there\n`);
  const request = { images, onnx, view: 'centre' as const };
  const signal = cancelOnInterrupt('Stopped. Run the same command again to go on from here.');
  const bar = pictureProgress();
  try {
    await extractFeatures({
      ...request,
      items,
      signal,
      onProgress: (done, total) => bar.show(onnx.layer, done, total),
    });
  } finally {
    bar.stop();
  }
  const features = openFeatures(request, items);
  const vectors = features.read(items);
  features.close();
  const dimension = vectors.length / items.length;
  const table = { vectors, dimension, labels: Int32Array.from(items, (item) => images.items[item].label) };
  const queries = { vectors: await embedPictures(onnx, [picture]), dimension, labels: Int32Array.of(-1) };
  const k = Math.min(options.count, items.length);
  const { indices, scores } = await nearestNeighbours(table, k, { queries, metric: 'cosine' });
  const found = [...indices]
    .map((row) => items[row])
    .map((item, rank) => ({
      path: join(options.in, images.items[item].path),
      className: images.classNames[images.items[item].label],
      similarity: scores[rank],
      read: () => images.read(item),
    }));
  for (const [rank, { path, className, similarity }] of found.entries())
    process.stdout.write(
      `${String(rank + 1).padStart(3)}  ${similarity.toFixed(4)}  ${className}  ${relative(process.cwd(), path) || path}\n`,
    );
  writeFileWhole(
    options.out,
    await searchPage({ query, picture, model: onnx.name, searched: items.length, found, queryLeftOut }),
  );
  process.stdout.write(`${options.out}\n`);
}

/** Also by a link. */
function isSameFile(a: string, b: string): boolean {
  const [one, other] = [factsOf(a), factsOf(b)];
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

function isSearchPage(path: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8').includes('<!-- kit search -->');
}
