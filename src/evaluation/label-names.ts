import { KitError } from '../kit-error.js';

/** Labels as small whole numbers, in the order in which they first appear. */
export interface NamedLabels {
  readonly labels: Int32Array;
  /** The words that the labels were; undefined where they were numbers. */
  readonly classNames?: readonly string[];
}

/**
 * Labels of any size, or words, become small numbers; equal stays equal, also where an accent is written apart.
 *
 * @param name of the file, for messages
 * @throws KitError `invalid-embeddings` naming the row whose label is missing, a fraction, too large to be exact, or one number in
 *   another spelling
 */
export function namedLabels(found: readonly (number | string)[], name: string): NamedLabels {
  const words = found.filter((label) => typeof label === 'string' && Number.isNaN(numberOf(label)));
  const asWords = words.length > found.length / 2;
  const keys: readonly (number | string)[] = asWords
    ? found.map((label) => String(label).normalize('NFC'))
    : found.map((label) => numberOf(label));
  const wrong = asWords ? keys.indexOf('') : keys.findIndex((key) => !Number.isSafeInteger(key));
  if (wrong >= 0) {
    const shown = found[wrong] === '' ? 'missing' : found[wrong];
    throw new KitError(
      'invalid-embeddings',
      `${name}: the label of row ${wrong} is ${shown}; labels are whole numbers of at most 53 bits, or words.`,
    );
  }
  if (!asWords) requireOneSpelling(found, name);
  const known = new Map<number | string, number>();
  const labels = Int32Array.from(keys, (key) => {
    if (!known.has(key)) known.set(key, known.size);
    return known.get(key) as number;
  });
  return asWords ? { labels, classNames: [...known.keys()].map(String) } : { labels };
}

/** `1` and `01`, or `1e2` and `100`, are one number and may be two classes. */
function requireOneSpelling(found: readonly (number | string)[], name: string): void {
  const spellings = new Map<number, number | string>();
  for (const [row, label] of found.entries()) {
    const first = spellings.get(numberOf(label)) ?? label;
    spellings.set(numberOf(label), first);
    if (String(first).trim() !== String(label).trim())
      throw new KitError(
        'invalid-embeddings',
        `${name} can be read in two ways: its labels "${first}" and "${label}" (row ${row}) are one number, or the names of two classes. Write them alike, or put a letter before them.`,
      );
  }
}

function numberOf(label: number | string): number {
  return typeof label === 'string' && label.trim() === '' ? Number.NaN : Number(label);
}
