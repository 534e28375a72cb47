import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import * as tar from 'tar';
import * as yauzl from 'yauzl';
import { makeFolder } from '../../files/make-folder.js';
import { writeFailure } from '../../files/write-failure.js';
import { KitError } from '../../kit-error.js';

export interface UnpackLimits {
  readonly mostBytes: number;
  readonly mostEntries: number;
}

/**
 * Unpacks a tar (plain or gzip) or zip archive into a folder: files and folders only, nothing outside it, no
 * links, within the limits. What the archive says of owners is ignored.
 *
 * @throws KitError `unsupported-file` that names the archive and the entry; the folder then holds a part, and is
 *   the caller's to remove. `not-writable` when the disk is full
 */
export async function unpackArchive(archive: string, folder: string, limits: UnpackLimits): Promise<void> {
  const allowance = new Allowance(archive, limits);
  const unpack = { tar: unpackTar, zip: unpackZip, none: undefined }[formatOf(archive)];
  if (unpack === undefined) throw refusal(archive, 'it is neither a tar nor a zip archive');
  makeFolder(folder);
  try {
    await unpack(archive, folder, allowance);
  } catch (error) {
    if (error instanceof KitError) throw error;
    const failure = writeFailure(folder, error);
    throw failure instanceof KitError ? failure : refusal(archive, (error as Error).message, error);
  }
}

function refusal(archive: string, what: string, cause?: unknown): KitError {
  return new KitError(
    'unsupported-file',
    `${archive} was not unpacked: ${what}. Expected the archive as the data set's authors publish it; get it again.`,
    { cause },
  );
}

/** Counts what an archive asks for, and refuses what no data set needs. */
class Allowance {
  private bytes = 0;
  private entries = 0;

  constructor(
    private readonly archive: string,
    private readonly limits: UnpackLimits,
  ) {}

  /** @throws KitError when the entry is not to be unpacked */
  admit(path: string, kind: 'file' | 'folder' | 'other', bytes: number): void {
    if (kind === 'other') throw refusal(this.archive, `"${path}" is a link or device, not a file or folder`);
    if (/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\0/.test(path)) {
      throw refusal(this.archive, `"${path}" leads out of the folder`);
    }
    this.entries++;
    this.bytes += bytes;
    if (this.entries > this.limits.mostEntries) {
      throw refusal(this.archive, `it holds more than ${this.limits.mostEntries} entries`);
    }
    if (this.bytes > this.limits.mostBytes) {
      throw refusal(this.archive, `it holds more than ${this.limits.mostBytes} bytes`);
    }
  }
}

function formatOf(archive: string): 'tar' | 'zip' | 'none' {
  const bytes = Buffer.alloc(262);
  const file = openSync(archive, 'r');
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'tar';
  if (bytes.toString('latin1', 257, 262) === 'ustar') return 'tar';
  if (['PK\x03\x04', 'PK\x05\x06'].includes(bytes.toString('latin1', 0, 4))) return 'zip';
  return 'none';
}

const TAR_KINDS: Readonly<Record<string, 'file' | 'folder'>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
};

async function unpackTar(archive: string, folder: string, allowance: Allowance): Promise<void> {
  const source = createReadStream(archive);
  const target = tar.x({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    filter: (path, entry) => {
      if (source.destroyed) return false;
      const { type, size } = entry as tar.ReadEntry;
      try {
        allowance.admit(path, TAR_KINDS[type] ?? 'other', size);
        return true;
      } catch (error) {
        source.destroy(error as Error);
        return false;
      }
    },
  });
  await pipeline(source, target as unknown as NodeJS.WritableStream);
}

/** In the upper half of a zip entry's external attributes: Unix file type. */
const TYPE_BITS = 0o170000;
const ORDINARY_TYPES = [0, 0o100000, 0o040000];

async function unpackZip(archive: string, folder: string, allowance: Allowance): Promise<void> {
  const zip = await yauzl.openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      const type = (entry.externalFileAttributes >>> 16) & TYPE_BITS;
      const isFolder = entry.fileName.endsWith('/');
      const kind = ORDINARY_TYPES.includes(type) ? (isFolder ? 'folder' : 'file') : 'other';
      allowance.admit(entry.fileName, kind, entry.uncompressedSize);
      const path = join(folder, entry.fileName);
      makeFolder(isFolder ? path : dirname(path));
      if (isFolder) continue;
      await pipeline(
        await zip.openReadStreamPromise(entry),
        checkSum(archive, entry),
        createWriteStream(path, { flags: 'wx' }),
      );
    }
  } finally {
    zip.close();
  }
}

function checkSum(archive: string, entry: yauzl.Entry): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      done(
        sum === entry.crc32
          ? null
          : refusal(archive, `"${entry.fileName}" is damaged (its checksum is wrong)`),
      );
    },
  });
}
