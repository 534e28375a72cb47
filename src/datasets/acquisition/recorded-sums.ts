import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileWhole } from '../../files/write-file-whole.js';
import { KitError } from '../../kit-error.js';

interface RecordedSum {
  readonly sha256: string;
  readonly bytes: number;
  readonly address: string;
}

/** `recorded-sums.json` in the data directory: what files without a published sum had when they first came. */
export class RecordedSums {
  private readonly path: string;
  private readonly sums: Record<string, RecordedSum>;

  /** @throws KitError `invalid-dataset` when the file is there but damaged */
  constructor(directory: string) {
    this.path = join(directory, 'recorded-sums.json');
    try {
      this.sums = existsSync(this.path)
        ? (JSON.parse(readFileSync(this.path, 'utf8')) as Record<string, RecordedSum>)
        : {};
    } catch (error) {
      throw new KitError(
        'invalid-dataset',
        `${this.path} is damaged (${(error as Error).message}). It holds the sums of earlier downloads; restore it, or remove it to record them anew.`,
        { cause: error },
      );
    }
  }

  /** Hex, or null at the first download. */
  of(file: string): string | null {
    return this.sums[file]?.sha256 ?? null;
  }

  record(file: string, sum: RecordedSum): void {
    this.sums[file] = sum;
    writeFileWhole(this.path, `${JSON.stringify(this.sums, null, 2)}\n`);
  }
}
