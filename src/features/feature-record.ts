import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sha256OfFile } from '../files/sha256-of-file.js';
import { writeFileWhole } from '../files/write-file-whole.js';

/** What lies beside a .npy of features: what they were made of, what their labels mean, and which files it speaks of. */
export interface FeatureRecord {
  readonly format: 1;
  readonly kind: 'features';
  readonly images: { readonly name: string; readonly checksum: string; readonly partial: string | null };
  /** Label i is class i of these. */
  readonly classNames: readonly string[];
  readonly backbone: { readonly name: string; readonly sha256: string };
  readonly layer: string;
  readonly view: string;
  /** SHA-256 (hex) by file name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Writes the record of files that are written. */
export async function writeFeatureRecord(
  path: string,
  {
    files,
    ...made
  }: Omit<FeatureRecord, 'format' | 'kind' | 'files'> & { readonly files: readonly string[] },
): Promise<void> {
  const sums: Record<string, string> = {};
  for (const file of files) sums[basename(file)] = await sha256OfFile(file);
  const record: FeatureRecord = { format: 1, kind: 'features', ...made, files: sums };
  writeFileWhole(path, `${JSON.stringify(record, null, 1)}\n`);
}

/** Whether a file is the record, or one that the record speaks of and that was not changed since. */
export async function isRecordedFile(path: string, recordPath: string): Promise<boolean> {
  const record = readFeatureRecord(recordPath);
  if (record === undefined || path === recordPath) return record !== undefined;
  return record.files[basename(path)] === (await sha256OfFile(path));
}

/** Undefined where it is not there or something else. */
function readFeatureRecord(path: string): FeatureRecord | undefined {
  try {
    const record = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as FeatureRecord) : undefined;
    return record?.kind === 'features' && typeof record.files === 'object' ? record : undefined;
  } catch {
    return undefined;
  }
}
