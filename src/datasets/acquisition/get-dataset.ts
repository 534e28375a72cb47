import { constants, copyFileSync, cpSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { withLock } from '../../files/file-lock.js';
import { makeFolder } from '../../files/make-folder.js';
import { requireApart } from '../../files/planned-outputs.js';
import { sha256OfFile } from '../../files/sha256-of-file.js';
import { writeFailure } from '../../files/write-failure.js';
import { KitError } from '../../kit-error.js';
import { dataDirectory } from '../data-directory.js';
import {
  checkCounts,
  counted,
  type ImageListing,
  missingReport,
  partialStamp,
  presenceOf,
} from '../listed-image-set.js';
import { recogniseDataset } from '../recognise-dataset.js';
import { download } from './download.js';
import { RecordedSums } from './recorded-sums.js';
import type { ArchiveSource, DatasetSource } from './sources.js';
import { unpackArchive } from './unpack-archive.js';

export interface GetDatasetOptions {
  readonly acceptLicense: boolean;
  /** An archive, a folder with the archives under their own names, or the unpacked data set; instead of downloading. */
  readonly from?: string;
  /** Keep a copy that lacks images. Default false. */
  readonly allowPartial?: boolean;
  /** Default: `KIT_DATA`, else `datasets/`. */
  readonly directory?: string;
  readonly stallSeconds?: number;
  readonly retrySeconds?: number;
  /** One line for each step. */
  readonly onStep?: (line: string) => void;
  readonly onProgress?: (file: string, received: number, total: number | null) => void;
}

export interface GotDataset {
  readonly folder: string;
  /** False when it was there already. */
  readonly changed: boolean;
  /** `whole`, or the stamp of a partial copy. */
  readonly state: string;
}

/** No file of these data sets is larger; a guard where the size is not known. */
const MOST_BYTES_UNKNOWN = 4e9;
const MOST_ENTRIES = 500_000;

/**
 * Puts a data set into its folder: downloaded or taken from `from`, checked by SHA-256, unpacked beside, checked
 * against its lists, and only then given its name. Run again, it says that all is there.
 *
 * @throws KitError `invalid-argument` (terms not accepted), `download-failed`, `unsupported-file`,
 *   `dataset-partial`, `dataset-missing`, `invalid-dataset`, `not-writable`
 */
export async function getDataset(source: DatasetSource, options: GetDatasetOptions): Promise<GotDataset> {
  const directory = options.directory ?? dataDirectory();
  const folder = join(directory, source.folder);
  const there = stateOf(folder, source);
  if (there !== undefined) return { folder, changed: false, state: there };
  requireAcceptance(source, options);
  if (options.from !== undefined) requireApart(join(directory, `.${source.name}.unpacking`), [options.from]);
  return withLock(join(directory, `.${source.name}.lock`), async () => {
    const workshop = join(directory, `.${source.name}.unpacking`);
    rmSync(workshop, { recursive: true, force: true });
    try {
      await gather(source, directory, workshop, options);
      options.onStep?.('comparing with the lists');
      const root = findRoot(workshop, source);
      const state = checkCopy(root.listing, options.allowPartial ?? false);
      renameSync(root.path, folder);
      for (const file of options.from === undefined ? archiveNames(source) : [])
        rmSync(join(downloadFolder(directory), file), { force: true });
      return { folder, changed: true, state };
    } catch (error) {
      throw writeFailure(workshop, error);
    } finally {
      rmSync(workshop, { recursive: true, force: true });
    }
  });
}

/** `whole` or a stamp, for a folder that holds the data set; undefined when there is none. */
export function stateOf(folder: string, source: DatasetSource): string | undefined {
  if (!existsSync(folder)) return undefined;
  const found = recogniseDataset(folder);
  if (found?.kind !== 'published' || found.name !== source.name) {
    throw new KitError(
      'invalid-dataset',
      `${folder} is there but does not hold ${source.title}. Move it away, then run the command again.`,
    );
  }
  const listing = found.list();
  checkCounts(listing);
  const presence = presenceOf(listing);
  return presence.complete ? 'whole' : partialStamp(listing, presence);
}

function requireAcceptance(source: DatasetSource, { acceptLicense, from }: GetDatasetOptions): void {
  if (acceptLicense) return;
  const bytes = source.packagings[0].archives.reduce((sum, archive) => sum + (archive.bytes ?? 0), 0);
  const size = from === undefined ? ` (${(bytes / 1e9).toFixed(1)} GB to download)` : '';
  throw new KitError(
    'invalid-argument',
    `${source.title}: ${source.contents}${size}.\n${source.terms}\n${source.homepage}\nIf you accept these terms, run the command again with --accept-license.`,
  );
}

/** Fills the workshop with the data set's files. */
async function gather(
  source: DatasetSource,
  directory: string,
  workshop: string,
  options: GetDatasetOptions,
): Promise<void> {
  if (options.from === undefined) {
    const [{ archives }] = source.packagings;
    for (const archive of archives) {
      const path = await fetchArchive(archive, directory, options);
      await take(path, workshop, source, options);
    }
    return;
  }
  if (!existsSync(options.from)) {
    throw new KitError('dataset-missing', `--from ${options.from}: there is no such file or folder.`);
  }
  if (!statSync(options.from).isDirectory()) {
    await compareSum(options.from, source, directory, options);
    await take(options.from, workshop, source, options);
    return;
  }
  const packaging = source.packagings.find(({ archives }) =>
    archives.every(({ file }) => existsSync(join(options.from as string, file))),
  );
  if (packaging !== undefined && recogniseDataset(options.from) === undefined) {
    for (const { file } of packaging.archives) {
      await compareSum(join(options.from, file), source, directory, options);
      await take(join(options.from, file), workshop, source, options);
    }
    return;
  }
  options.onStep?.(`copying ${options.from}`);
  cpSync(options.from, workshop, { recursive: true, dereference: true, mode: constants.COPYFILE_FICLONE });
}

async function take(
  path: string,
  workshop: string,
  source: DatasetSource,
  options: GetDatasetOptions,
): Promise<void> {
  if (path.endsWith('.mat')) {
    makeFolder(workshop);
    copyFileSync(path, join(workshop, basename(path)));
    return;
  }
  options.onStep?.(`unpacking ${basename(path)}`);
  await unpackArchive(path, workshop, { mostBytes: source.mostBytesUnpacked, mostEntries: MOST_ENTRIES });
}

async function fetchArchive(
  archive: ArchiveSource,
  directory: string,
  options: GetDatasetOptions,
): Promise<string> {
  const path = join(downloadFolder(directory), archive.file);
  const recorded = new RecordedSums(directory);
  const sha256 = archive.sha256 ?? recorded.of(archive.file);
  if (existsSync(path) && sha256 !== null && (await sha256OfFile(path)) === sha256) return path;
  options.onStep?.(`downloading ${archive.file} from ${archive.address}`);
  try {
    const got = await download({
      address: archive.address,
      path,
      bytes: archive.bytes,
      sha256,
      mostBytes: archive.bytes ?? MOST_BYTES_UNKNOWN,
      stallSeconds: options.stallSeconds,
      retrySeconds: options.retrySeconds,
      onProgress: (received, total) => options.onProgress?.(archive.file, received, total),
    });
    if (sha256 === null) {
      recorded.record(archive.file, { ...got, address: archive.address });
      options.onStep?.(`no sum is published for ${archive.file}; recorded ${got.sha256}`);
    }
    return path;
  } catch (error) {
    if (!(error instanceof KitError) || error.code !== 'download-failed') throw error;
    throw new KitError('download-failed', `${error.message} (This address: ${archive.addressStatus}.)`, {
      cause: error,
    });
  }
}

/** A file of one's own may be packed anew: its content is checked against the lists, so another sum is only told. */
async function compareSum(
  path: string,
  source: DatasetSource,
  directory: string,
  { onStep }: GetDatasetOptions,
): Promise<void> {
  const archive = source.packagings
    .flatMap(({ archives }) => archives)
    .find(({ file }) => file === basename(path));
  const expected = archive?.sha256 ?? new RecordedSums(directory).of(basename(path));
  if (expected === null) return;
  onStep?.(
    (await sha256OfFile(path)) === expected
      ? `${basename(path)} is the published file (SHA-256)`
      : `${basename(path)} is not the published file, byte for byte; its lists and counts decide`,
  );
}

/** The data set may lie at the top of what was unpacked, or a folder or two down. */
function findRoot(
  workshop: string,
  source: DatasetSource,
): { readonly path: string; readonly listing: ImageListing } {
  for (const path of [
    workshop,
    join(workshop, source.folder),
    join(workshop, basename(source.folder).toLowerCase()),
  ]) {
    const found = recogniseDataset(path);
    if (found?.kind === 'published' && found.name === source.name) return { path, listing: found.list() };
  }
  throw new KitError(
    'invalid-dataset',
    `What was unpacked does not hold ${source.title} in its official layout. Expected the archive of its authors; see datasets/README.md.`,
  );
}

function checkCopy(listing: ImageListing, allowPartial: boolean): string {
  checkCounts(listing);
  const presence = presenceOf(listing);
  if (presence.complete) return 'whole';
  const stamp = partialStamp(listing, presence);
  if (allowPartial && presence.present.length > 0) return stamp;
  throw new KitError(
    'dataset-partial',
    `What was given holds ${counted(presence.present.length)} images of ${listing.title} (${stamp}):\n  ${missingReport(listing, presence).join('\n  ')}\nNothing was kept. Get the rest, or keep it as it is with --allow-partial.`,
  );
}

function archiveNames(source: DatasetSource): string[] {
  return source.packagings.flatMap(({ archives }) => archives.map(({ file }) => file));
}

function downloadFolder(directory: string): string {
  return join(directory, '.downloads');
}
