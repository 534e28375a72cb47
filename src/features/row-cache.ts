import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../files/make-folder.js';
import { writeFailure } from '../files/write-failure.js';

const DIGEST_BYTES = 32;

/**
 * Rows of equal length on disk, found by a digest of 32 bytes: `rows.bin`, and `digests.bin` in the same order. Rows
 * are only ever appended, the digest after its row, so that what a kill leaves behind is whole up to there.
 */
export class RowCache {
  private readonly positions = new Map<string, number>();
  private readonly rows: number;
  private readonly digests: number;

  constructor(
    folder: string,
    readonly rowBytes: number,
    options: { readonly readOnly?: boolean } = {},
  ) {
    try {
      makeFolder(folder);
      const flags = (path: string) => (options.readOnly ? 'r' : existsSync(path) ? 'r+' : 'w+');
      const [rowsPath, digestsPath] = [join(folder, 'rows.bin'), join(folder, 'digests.bin')];
      this.rows = openSync(rowsPath, flags(rowsPath));
      this.digests = openSync(digestsPath, flags(digestsPath));
    } catch (error) {
      throw writeFailure(folder, error);
    }
    const bytes = fstatSync(this.digests).size;
    const whole = Math.min(
      Math.floor(fstatSync(this.rows).size / rowBytes),
      Math.floor(bytes / DIGEST_BYTES),
    );
    if (!options.readOnly) {
      ftruncateSync(this.rows, whole * rowBytes);
      ftruncateSync(this.digests, whole * DIGEST_BYTES);
    }
    const known = Buffer.alloc(whole * DIGEST_BYTES);
    readSync(this.digests, known, 0, known.length, 0);
    for (let i = 0; i < whole; i++)
      this.positions.set(known.toString('hex', i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES), i);
  }

  has(digest: string): boolean {
    return this.positions.has(digest);
  }

  /** @throws KitError `not-writable` when the disk is full */
  append(digests: readonly string[], rows: Uint8Array): void {
    const first = this.positions.size;
    try {
      writeWhole(this.rows, rows, first * this.rowBytes);
      writeWhole(this.digests, Buffer.from(digests.join(''), 'hex'), first * DIGEST_BYTES);
    } catch (error) {
      throw writeFailure('the feature cache', error);
    }
    for (const [i, digest] of digests.entries()) this.positions.set(digest, first + i);
  }

  /** Reads the row of a digest that is there. */
  read(digest: string, into: Uint8Array): void {
    readSync(this.rows, into, 0, this.rowBytes, (this.positions.get(digest) as number) * this.rowBytes);
  }

  close(): void {
    closeSync(this.rows);
    closeSync(this.digests);
  }
}

function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
