import { readFileSync } from 'node:fs';
import { KitError } from '../kit-error.js';

export interface ListRow {
  readonly fields: readonly string[];
  /** File and line, for messages. */
  readonly where: string;
}

/**
 * The rows of a list in plain text, each of exactly `columns` fields.
 *
 * @throws KitError `dataset-missing` when the file is not there, `invalid-dataset` with the line that is wrong
 */
export function readListFile(path: string, separator: ' ' | ',', columns: number): ListRow[] {
  const rows: ListRow[] = [];
  for (const [i, line] of readText(path).split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const fields = line.trim().split(separator);
    const where = `${path}, line ${i + 1}`;
    if (fields.length !== columns) {
      throw new KitError(
        'invalid-dataset',
        `${where}: found ${fields.length} fields, expected ${columns} separated by ${separator === ' ' ? 'spaces' : 'commas'}. Get the list again.`,
      );
    }
    rows.push({ fields, where });
  }
  return rows;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KitError(
      'dataset-missing',
      `The list ${path} can't be read (${(error as NodeJS.ErrnoException).code}). Expected the data set's official folder; see datasets/README.md.`,
      { cause: error },
    );
  }
}

/** A whole number from 1 to `most`. @throws KitError `invalid-dataset` with the line */
export function wholeNumber(text: string, most: number, where: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new KitError(
    'invalid-dataset',
    `${where}: "${text}" should be a whole number from 1 to ${most}. Get the list again.`,
  );
}

/** A relative path that stays inside the data set. @throws KitError `invalid-dataset` with the line */
export function innerPath(text: string, where: string): string {
  if (text !== '' && !/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(text)) return text;
  throw new KitError(
    'invalid-dataset',
    `${where}: the path "${text}" leads out of the data set's folder. Get the list again.`,
  );
}
