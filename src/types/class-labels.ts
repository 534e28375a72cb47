import { KitError } from '../kit-error.js';

/**
 * The door of every loss, miner and metric: labels are an array or typed array of whole finite numbers, one for each row.
 * What looks alike (a tensor, a column, words, fractions, fewer than rows) would be compared in other ways than its
 * sender means, mostly to a loss of 0 with a gradient of 0.
 *
 * @param rows how many labels are expected; undefined where any number will do
 * @throws KitError `invalid-argument`, one sentence that says what was given and how to give it
 */
export function requireClassLabels(labels: unknown, rows?: number): asserts labels is ArrayLike<number> {
  const refuse = (what: string, how: string): never => {
    throw new KitError('invalid-argument', `Labels are whole numbers, one for each row; ${what}. ${how}`);
  };
  if (labels === null || typeof labels !== 'object')
    return refuse(
      `found ${typeof labels === 'string' ? 'a text' : String(labels)}`,
      'Give an array of them.',
    );
  if ('dataSync' in labels) {
    return refuse(
      'found a tensor',
      'Give its values: Array.from(labels.dataSync()), or await labels.data().',
    );
  }
  const { length } = labels as { length?: unknown };
  if (typeof length !== 'number') return refuse('found an object without a length', 'Give an array of them.');
  const list = labels as ArrayLike<unknown>;
  for (let row = 0; row < length; row++) {
    const label = list[row];
    if (typeof label === 'number' && Number.isInteger(label)) continue;
    if (Array.isArray(label) || ArrayBuffer.isView(label)) {
      const one = (label as ArrayLike<unknown>).length === 1;
      return refuse(
        `the label of row ${row} is an array of ${(label as ArrayLike<unknown>).length}`,
        one ? 'Flatten the column: labels.flat().' : 'If they are one-hot, give the position of the 1.',
      );
    }
    if (typeof label === 'string')
      return refuse(
        `the label of row ${row} is the text ${JSON.stringify(label)}`,
        'Number the classes first.',
      );
    if (typeof label === 'bigint')
      return refuse(`the label of row ${row} is a BigInt`, 'Convert it: Array.from(labels, Number).');
    return refuse(`the label of row ${row} is ${String(label)}`, 'Number the classes with whole numbers.');
  }
  if (rows !== undefined && length !== rows)
    refuse(`found ${length} labels for ${rows} rows`, 'Give as many labels as rows.');
}
