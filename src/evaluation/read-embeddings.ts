import { textOfFile } from '../files/text-of-file.js';
import { KitError } from '../kit-error.js';
import { alikeNamesNote } from '../types/alike-names.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { numberIn, parseDelimitedText } from './delimited-text.js';
import { embeddingColumns } from './embedding-columns.js';
import { checkTable } from './embedding-geometry.js';
import { type NamedLabels, namedLabels } from './label-names.js';
import { type NpyArray, readNpy, readNpyLabels } from './npy-file.js';
import { readNpz } from './npz-file.js';

export interface ReadEmbeddingsOptions {
  /** Column of a text table, or array of an .npz, that holds the labels: its name, or the column's number from 1. */
  readonly labelColumn?: string;
}

/** A table with what its file says beside the numbers. */
export interface EmbeddingFile {
  readonly table: EmbeddingTable;
  /** Words that the labels were: label i is class i of these. */
  readonly classNames?: readonly string[];
  /** What was decided and what looks odd, a line each. */
  readonly notes: readonly string[];
}

/**
 * Embeddings of any framework: `.npy` [n, d] with labels in a file of their own, an `.npz` of both, or a text table (.csv,
 * .tsv, .txt) as pandas, numpy and spreadsheets write it. Labels are whole numbers or words: a `.npy` [n], a column, or
 * a text file of one a line.
 *
 * @throws KitError `unsupported-file`, `invalid-embeddings` or `invalid-argument`, naming file and row
 */
export function readEmbeddings(
  embeddingsPath: string,
  labelsPath?: string,
  options: ReadEmbeddingsOptions = {},
): EmbeddingTable {
  return readEmbeddingFile(embeddingsPath, labelsPath, options).table;
}

/** As `readEmbeddings`, with the names of the classes and what is to be said. */
export function readEmbeddingFile(
  path: string,
  labelsPath?: string,
  options: ReadEmbeddingsOptions = {},
): EmbeddingFile {
  if (labelsPath !== undefined && options.labelColumn !== undefined)
    throw new KitError(
      'invalid-argument',
      'Labels come from --labels or from --label-column, not from both.',
    );
  const ending = endingOf(path);
  if (OF_OTHERS.test(ending))
    throw new KitError(
      'unsupported-file',
      `${path} is a .${ending} file, which only its own program reads. Save the rows as .npy (numpy.save), or as a table (pandas: to_csv).`,
    );
  const read = ending === 'npy' ? fromNpy : ending === 'npz' ? fromNpz : fromText;
  const file = read(path, labelsPath, options);
  checkTable(file.table);
  const alike = [alikeNamesNote(file.classNames ?? []) ?? []].flat();
  return { ...file, notes: [...file.notes, ...alike, ...zeroRowNotes(file.table)] };
}

/** Of pandas, PyTorch, HDF5, MATLAB, Arrow, JSON and spreadsheets; a table that was only named so is rare. */
const OF_OTHERS = /^(pkl|pickle|pt|pth|safetensors|h5|hdf5|mat|parquet|feather|arrow|jsonl?|xlsx?|ods)$/;

function fromNpy(path: string, labelsPath: string | undefined): EmbeddingFile {
  if (labelsPath === undefined) {
    throw new KitError(
      'invalid-embeddings',
      `${path} holds no labels; name them with --labels (a .npy of n integers or words, or a text file of one a line).`,
    );
  }
  const array = readNpy(path);
  return fromArray(path, array, labelsPath, readLabels(labelsPath, array.shape[0]));
}

const EMBEDDINGS = /^(emb(edding)?s?|feat(ure)?s?|vectors?|x|data|arr_0)$/i;
const LABELS = /^(labels?|lab|y|targets?|class(es)?|ids?|arr_1)$/i;

function fromNpz(
  path: string,
  labelsPath: string | undefined,
  options: ReadEmbeddingsOptions,
): EmbeddingFile {
  const arrays = readNpz(path);
  const list = arrays.map(({ name, shape }) => `${name} (${shape.join(', ')})`).join(', ') || 'nothing';
  const choose = (what: string, candidates: typeof arrays, usual: RegExp) => {
    const named = candidates.filter(({ name }) => usual.test(name));
    const [only, ...more] = named.length === 1 || candidates.length > 1 ? named : candidates;
    if (only !== undefined && more.length === 0) return only;
    throw new KitError(
      'invalid-embeddings',
      `${path} holds ${list}; which of them are the ${what} is not clear. Save one array of rows as "embeddings" and one of as many labels as "labels", or name the labels with --label-column.`,
    );
  };
  const embeddings = choose(
    'embeddings',
    arrays.filter(({ shape, text }) => shape.length === 2 && shape[1] > 1 && text === undefined),
    EMBEDDINGS,
  );
  const array = embeddings.read();
  if (labelsPath !== undefined)
    return fromArray(path, array, labelsPath, readLabels(labelsPath, array.shape[0]));
  const wanted = options.labelColumn;
  const column = choose(
    'labels',
    arrays.filter((one) =>
      wanted === undefined
        ? one !== embeddings && one.shape.reduce((product, size) => product * size, 1) === array.shape[0]
        : one.name === wanted,
    ),
    wanted === undefined ? LABELS : /./,
  );
  return fromArray(path, array, path, namedLabels(column.text ?? Array.from(column.read().values), path));
}

function fromArray(path: string, array: NpyArray, labelsPath: string, named: NamedLabels): EmbeddingFile {
  const { shape, values } = array;
  if (shape.length !== 2)
    throw new KitError(
      'invalid-embeddings',
      `${path} has the shape (${shape}); embeddings have two dimensions, rows and columns.`,
    );
  requireLabelOfEachRow(path, shape, labelsPath, named.labels);
  const vectors = values instanceof Float32Array ? values : Float32Array.from(values);
  requireFloat32Range(path, values, vectors, shape[1]);
  return {
    table: { vectors, dimension: shape[1], labels: named.labels },
    classNames: named.classNames,
    notes: precisionNotes(path, values, vectors, shape[1]),
  };
}

function fromText(
  path: string,
  labelsPath: string | undefined,
  options: ReadEmbeddingsOptions,
): EmbeddingFile {
  const content = textIn(path);
  if (/^\s*[[{]\s*[{"]/.test(content))
    throw new KitError(
      'unsupported-file',
      `${path} holds JSON. Save the rows as a table (pandas: to_csv), or as .npy.`,
    );
  const text = parseDelimitedText(content, path);
  const { rows, dimensions, label, lists, notes } = embeddingColumns(text, path, {
    ...options,
    labelsElsewhere: labelsPath !== undefined,
  });
  const numbers = lists
    ? rows.map((row, i) => numbersInList(row[dimensions[0]], `${path}, row ${i}`))
    : rows.map((row) => dimensions.map((column) => numberIn(row[column], text.decimal)));
  const dimension = numbers[0].length;
  const uneven = numbers.findIndex(({ length }) => length !== dimension);
  if (uneven >= 0)
    throw new KitError(
      'invalid-embeddings',
      `${path}: row ${uneven} has ${numbers[uneven].length} numbers, row 0 has ${dimension}; every row must have as many.`,
    );
  const named =
    label === undefined
      ? readLabels(labelsPath as string, rows.length)
      : namedLabels(
          rows.map((row) => labelIn(row[label], text.decimal)),
          path,
        );
  requireLabelOfEachRow(path, [rows.length, dimension], labelsPath ?? path, named.labels);
  const vectors = new Float32Array(rows.length * dimension);
  for (const [i, row] of numbers.entries()) vectors.set(row, i * dimension);
  requireFloat32Range(path, numbers.flat(), vectors, dimension);
  return {
    table: { vectors, dimension, labels: named.labels },
    classNames: named.classNames,
    notes: [...notes, ...precisionNotes(path, numbers.flat(), vectors, dimension)],
  };
}

/** With a decimal point; a comma in words is a comma. */
function labelIn(cell: string, decimal: '.' | ','): string {
  return decimal === ',' && !Number.isNaN(numberIn(cell, decimal)) ? cell.replace(',', '.') : cell;
}

/** `[0.1, 0.2]`, or `[0.1 0.2]` as numpy prints. */
function numbersInList(cell: string, where: string): number[] {
  if (cell.includes('...'))
    throw new KitError(
      'invalid-embeddings',
      `${where}: the list is cut short ("..."), as numpy prints long arrays. Export the numbers themselves, for example with numpy.save.`,
    );
  return cell
    .slice(1, -1)
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(Number);
}

function requireLabelOfEachRow(
  path: string,
  [rows, columns]: readonly number[],
  labelsPath: string,
  labels: Int32Array,
): void {
  if (labels.length === rows) return;
  const transposed =
    labels.length === columns ? ` It has as many columns as there are labels: save it transposed.` : '';
  throw new KitError(
    'invalid-embeddings',
    `${path} has ${rows} rows but ${labelsPath} has ${labels.length} labels; there must be one for each row.${transposed}`,
  );
}

/** @param rows how many labels are wanted: one line more is a header */
function readLabels(path: string, rows: number): NamedLabels {
  const ending = endingOf(path);
  if (ending === 'npy') return namedLabels(readNpyLabels(path), path);
  const text = textIn(path);
  if (/^\s*\[[^[\]]*\]\s*$/.test(text)) return namedLabels(listOf(text, path), path);
  const lines = text.replace(/\s+$/, '').split(/\r\n|\r|\n/);
  if (lines.length === 1 && rows > 1) return namedLabels(lines[0].split(/[,;\s]+/), path);
  const blank = lines.findIndex((line) => line.trim() === '');
  if (blank >= 0)
    throw new KitError(
      'invalid-embeddings',
      `${path}: line ${blank + 1} is empty; there must be one label in each line.`,
    );
  const cells = columnOf(lines, path);
  const headed = cells.length === rows + 1 && Number.isNaN(Number(cells[0]));
  return namedLabels(headed ? cells.slice(1) : cells, path);
}

/** Of lines with one cell, that; of pandas' index and label, the label. */
function columnOf(lines: readonly string[], path: string): string[] {
  if (!lines.every((line) => /[,;\t]/.test(line)))
    return lines.map((line) => line.trim().replace(/^"(.*)"$/, '$1'));
  const { rows } = parseDelimitedText(lines.join('\n'), path);
  const below = rows.slice(1);
  const index = below.every((row, i) => Number(row[0]) === Number(below[0][0]) + i);
  if (rows[0].length === 2 && index && below.length > 1) return rows.map((row) => row[1]);
  throw new KitError(
    'invalid-embeddings',
    `${path} has ${rows[0].length} columns; a file of labels has one a line, or an index that counts rows before it.`,
  );
}

function listOf(text: string, path: string): (string | number)[] {
  try {
    return JSON.parse(text) as (string | number)[];
  } catch (error) {
    throw new KitError('invalid-embeddings', `${path} is no list: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function textIn(path: string): string {
  try {
    return textOfFile(path);
  } catch (error) {
    throw new KitError(
      'unsupported-file',
      `${path} can't be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message}). Text of more than 512 MB belongs in a .npy file.`,
      { cause: error },
    );
  }
}

function endingOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}

function zeroRowNotes({ vectors, dimension, labels }: EmbeddingTable): string[] {
  const zero: number[] = [];
  for (let row = 0; row < labels.length; row++)
    if (vectors.subarray(row * dimension, (row + 1) * dimension).every((value) => value === 0))
      zero.push(row);
  if (zero.length === 0) return [];
  const together = zero.length > 1 && (zero.at(-1) as number) - zero[0] === zero.length - 1;
  const where = together
    ? `rows ${zero[0]} to ${zero.at(-1)}`
    : `row ${zero[0]}${zero.length > 1 ? ' for one' : ''}`;
  return [
    `${zero.length} of ${labels.length} rows are zero in every column (${where}): were they written before they were computed? A zero row is near no other by cosine.`,
  ];
}

/** Scores are computed in float32, which turns numbers above 3.4e38 into infinity and numbers below 1e-45 into 0. */
function requireFloat32Range(
  path: string,
  values: ArrayLike<number>,
  vectors: Float32Array,
  dimension: number,
): void {
  if (values === vectors) return;
  const refuse = (at: number, does: string): never => {
    throw new KitError(
      'invalid-embeddings',
      `${path}: row ${Math.floor(at / dimension)} has ${values[at]} in column ${at % dimension}, which float32 ${does}. Scale all rows alike before saving; cosine scores stay as they are.`,
    );
  };
  let largest = 0;
  for (let at = 0; at < vectors.length; at++) {
    if (Number.isFinite(values[at]) && !Number.isFinite(vectors[at])) refuse(at, 'does not hold');
    if (Math.abs(values[at]) > Math.abs(values[largest])) largest = at;
  }
  if (values.length > 0 && values[largest] !== 0 && vectors[largest] === 0) refuse(largest, 'takes for 0');
}

/** Columns whose differences float32 does not keep. @throws KitError `invalid-embeddings` where it keeps none */
function precisionNotes(
  path: string,
  values: ArrayLike<number>,
  vectors: Float32Array,
  dimension: number,
): string[] {
  if (values === vectors) return [];
  let lost = 0;
  for (let column = 0; column < dimension; column++) {
    let [varies, kept] = [false, false];
    for (let at = column; at < values.length && !kept; at += dimension) {
      varies ||= values[at] !== values[column];
      kept = vectors[at] !== vectors[column];
    }
    if (varies && !kept) lost++;
  }
  if (lost === 0) return [];
  const beyond = `${lost} of ${dimension} columns vary only beyond the 7 digits of float32, in which scores are computed`;
  const remedy = "Subtract each column's mean before saving.";
  if (lost === dimension) throw new KitError('invalid-embeddings', `${path}: ${beyond}. ${remedy}`);
  return [`${beyond}, and count as constant. ${remedy}`];
}
