import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { cacheFolder } from '../files/cache-folder.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { MOST_PIXELS, readPicture, reasonOf } from './read-picture.js';

export interface PictureFacts {
  /** In pixels of the file as stored. */
  readonly width: number;
  readonly height: number;
  /** Of the file, hex. */
  readonly sha256: string;
}

interface IndexEntry extends PictureFacts {
  readonly bytes: number;
  readonly modified: number;
  /** Whether every pixel was decoded, or only the header. */
  readonly decoded: boolean;
}

export interface PictureFault {
  readonly path: string;
  readonly reason: string;
}

const READ_AT_ONCE = 8;

/**
 * Looks at every picture once: its header, or every pixel. What was seen is kept in the cache folder, and a file
 * of unchanged size and time is not read again.
 *
 * @param root folder that `paths` are relative to
 * @param options.depth `pixels` finds what is cut off or damaged inside, some 400 photographs a second and core;
 *   `header` what is no picture at all
 * @param options.afresh reads every file, whatever the cache says
 */
export async function examinePictures(
  root: string,
  paths: readonly string[],
  options: {
    readonly depth: 'header' | 'pixels';
    readonly afresh?: boolean;
    readonly onProgress?: (done: number) => void;
  },
): Promise<{
  readonly facts: readonly (PictureFacts | undefined)[];
  readonly faults: readonly PictureFault[];
}> {
  const cache = join(cacheFolder(), `pictures-${sha256(resolve(root)).slice(0, 16)}.json`);
  const known = readIndex(cache);
  const facts: (PictureFacts | undefined)[] = new Array(paths.length);
  const faults: PictureFault[] = [];
  let next = 0;
  let done = 0;
  let changed = false;
  const examineInTurn = async () => {
    while (next < paths.length) {
      const i = next++;
      const path = paths[i];
      try {
        const { size: bytes, mtimeMs: modified } = await stat(join(root, path));
        const before = known.get(path);
        if (
          !options.afresh &&
          before?.bytes === bytes &&
          before.modified === modified &&
          (before.decoded || options.depth === 'header')
        ) {
          facts[i] = before;
        } else {
          const entry = { bytes, modified, ...(await examine(join(root, path), options.depth)) };
          known.set(path, entry);
          facts[i] = entry;
          changed = true;
        }
      } catch (error) {
        changed = known.delete(path) || changed;
        faults.push({ path, reason: faultOf(error) });
      }
      options.onProgress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, examineInTurn));
  if (changed) writeIndex(cache, known);
  return { facts, faults: faults.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/**
 * As `examinePictures`, for a loader: every picture must pass.
 *
 * @throws KitError `broken-image` that names the first of those that don't
 */
export async function requirePictures(
  root: string,
  paths: readonly string[],
  depth: 'header' | 'pixels',
): Promise<readonly PictureFacts[]> {
  const { facts, faults } = await examinePictures(root, paths, { depth });
  if (faults.length > 0) {
    const named = faults.slice(0, 5).map(({ path, reason }) => `${join(root, path)} (${reason})`);
    const more = faults.length > named.length ? `, and ${faults.length - named.length} more` : '';
    throw new KitError(
      'broken-image',
      `${named.join(', ')}${more} can't be read as ${faults.length === 1 ? 'a picture' : 'pictures'}. Replace or remove ${faults.length === 1 ? 'it' : 'them'}.`,
    );
  }
  return facts as PictureFacts[];
}

async function examine(path: string, depth: 'header' | 'pixels') {
  const content = await readFile(path);
  const { width, height } = await sharp(content, { limitInputPixels: MOST_PIXELS }).metadata();
  if (width * height > MOST_PIXELS) throw new Error('it has more than 100 megapixels');
  if (depth === 'pixels') await readPicture(path);
  return { width, height, sha256: sha256(content), decoded: depth === 'pixels' };
}

function faultOf(error: unknown): string {
  return reasonOf(error instanceof KitError ? error.cause : error);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

const INDEX_FORMAT = 1;
type IndexRow = [
  path: string,
  bytes: number,
  modified: number,
  width: number,
  height: number,
  sha256: string,
  decoded: boolean,
];

function readIndex(path: string): Map<string, IndexEntry> {
  try {
    const index = JSON.parse(readFileSync(path, 'utf8')) as { format: number; rows: IndexRow[] };
    if (index.format !== INDEX_FORMAT) return new Map();
    return new Map(
      index.rows.map(([name, bytes, modified, width, height, sum, decoded]) => [
        name,
        { bytes, modified, width, height, sha256: sum, decoded },
      ]),
    );
  } catch {
    return new Map();
  }
}

function writeIndex(path: string, entries: ReadonlyMap<string, IndexEntry>): void {
  const rows = Array.from(
    entries,
    ([name, entry]): IndexRow => [
      name,
      entry.bytes,
      entry.modified,
      entry.width,
      entry.height,
      entry.sha256,
      entry.decoded,
    ],
  );
  try {
    writeFileWhole(path, JSON.stringify({ format: INDEX_FORMAT, rows }));
  } catch (error) {
    // The index only saves time: a full or read-only cache folder must not keep anyone from their pictures.
    if (!(error instanceof KitError)) throw error;
  }
}
