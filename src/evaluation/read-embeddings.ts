import { readFileSync } from 'node:fs';
import { KitError } from '../kit-error.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { checkTable } from './embedding-geometry.js';
import { readNpy } from './npy-file.js';

/**
 * Embeddings of any framework: `.npy` [n, d] with labels in a `.npy` [n] or a text file of one integer a line, or one CSV
 * whose last column is the label.
 *
 * @throws KitError `unsupported-file` or `invalid-embeddings`, naming file and row
 */
export function readEmbeddings(embeddingsPath: string, labelsPath?: string): EmbeddingTable {
  const table = embeddingsPath.endsWith('.npy')
    ? fromNpy(embeddingsPath, labelsPath)
    : fromCsv(embeddingsPath, labelsPath);
  checkTable(table);
  return table;
}

function fromNpy(path: string, labelsPath: string | undefined): EmbeddingTable {
  if (labelsPath === undefined) {
    throw new KitError(
      'invalid-embeddings',
      `${path} holds no labels; name them with --labels (a .npy of n integers, or a text file of one a line).`,
    );
  }
  const { shape, values } = readNpy(path);
  if (shape.length !== 2)
    throw new KitError(
      'invalid-embeddings',
      `${path} has the shape (${shape}); embeddings have two dimensions, rows and columns.`,
    );
  const labels = readLabels(labelsPath);
  requireLabelOfEachRow(path, shape[0], labelsPath, labels);
  return { vectors: Float32Array.from(values), dimension: shape[1], labels };
}

function fromCsv(path: string, labelsPath: string | undefined): EmbeddingTable {
  const lines = readLines(path);
  const rows = (hasHeader(lines, labelsPath) ? lines.slice(1) : lines).map((line) =>
    line.split(',').map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell))),
  );
  if (rows.length === 0) throw new KitError('invalid-embeddings', `${path} holds no rows.`);
  const width = rows[0].length;
  const uneven = rows.findIndex((row) => row.length !== width);
  if (uneven >= 0) {
    throw new KitError(
      'invalid-embeddings',
      `${path}: row ${uneven} has ${rows[uneven].length} columns, row 0 has ${width}; every row must have as many.`,
    );
  }
  const dimension = labelsPath === undefined ? width - 1 : width;
  if (dimension < 1)
    throw new KitError(
      'invalid-embeddings',
      `${path} has ${width} columns; it needs one at least beside the label.`,
    );
  const labels =
    labelsPath === undefined
      ? wholeNumbers(
          rows.map((row) => row[dimension]),
          path,
        )
      : readLabels(labelsPath);
  requireLabelOfEachRow(path, rows.length, labelsPath, labels);
  return { vectors: Float32Array.from(rows.flatMap((row) => row.slice(0, dimension))), dimension, labels };
}

/** A first line is a header when the label in it, or without labels every cell, is no number. */
function hasHeader(lines: readonly string[], labelsPath: string | undefined): boolean {
  const cells = lines[0]?.split(',').map(Number) ?? [];
  return labelsPath === undefined ? Number.isNaN(cells.at(-1)) : cells.every(Number.isNaN);
}

function requireLabelOfEachRow(
  path: string,
  rows: number,
  labelsPath: string | undefined,
  labels: Int32Array,
): void {
  if (labels.length === rows) return;
  throw new KitError(
    'invalid-embeddings',
    `${path} has ${rows} rows but ${labelsPath} has ${labels.length} labels; there must be one for each row.`,
  );
}

function readLabels(path: string): Int32Array {
  if (path.endsWith('.npy')) return wholeNumbers(Array.from(readNpy(path).values), path);
  return wholeNumbers(readLines(path), path);
}

/** Labels of any size become small ones; equal stays equal. */
function wholeNumbers(found: readonly (number | string)[], path: string): Int32Array {
  const labels = found.map(Number);
  const wrong = labels.findIndex((label) => !Number.isSafeInteger(label));
  if (wrong >= 0)
    throw new KitError(
      'invalid-embeddings',
      `${path}: the label of row ${wrong} is ${found[wrong]}; labels are whole numbers of at most 53 bits.`,
    );
  const known = new Map<number, number>();
  return Int32Array.from(labels, (label) => {
    if (!known.has(label)) known.set(label, known.size);
    return known.get(label) as number;
  });
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
  } catch (error) {
    throw new KitError(
      'unsupported-file',
      `${path} can't be read (${(error as NodeJS.ErrnoException).code}). Text of more than 512 MB belongs in a .npy file.`,
      { cause: error },
    );
  }
}
