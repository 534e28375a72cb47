import { KitError } from '../kit-error.js';
import { requireClassLabels } from '../types/class-labels.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import type { Gallery, Rows } from './score-engine.js';

/** Cosine similarity, or Euclidean distance; where a function has a default, it is cosine. */
export type Metric = 'cosine' | 'euclidean';

/** @throws KitError `invalid-embeddings` naming the first row that is wrong */
export function checkTable({ vectors, dimension, labels }: EmbeddingTable): void {
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new KitError(
      'invalid-embeddings',
      `The embeddings have dimension ${dimension}; expected a whole number, 1 or more.`,
    );
  }
  requireClassLabels(labels);
  if (vectors.length !== labels.length * dimension) {
    throw new KitError(
      'invalid-embeddings',
      `${vectors.length} numbers are not ${labels.length} rows (one for each label) of dimension ${dimension}.`,
    );
  }
  for (let i = 0; i < vectors.length; i++) {
    if (!Number.isFinite(vectors[i])) {
      throw new KitError(
        'invalid-embeddings',
        `Row ${Math.floor(i / dimension)} has ${vectors[i]} in column ${i % dimension}; every number must be finite.`,
      );
    }
  }
}

/** Rows divided by their length; zero rows stay zero, at similarity 0 to every row. */
export function unitRows({ vectors, dimension }: Rows): Rows {
  const unit = new Float32Array(vectors.length);
  for (let start = 0; start < vectors.length; start += dimension) {
    let squares = 0;
    for (let i = start; i < start + dimension; i++) squares += vectors[i] * vectors[i];
    const factor = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let i = start; i < start + dimension; i++) unit[i] = vectors[i] * factor;
  }
  return { vectors: unit, dimension };
}

/** Mean of all rows, summed in float64. */
export function meanRow({ vectors, dimension }: Rows): Float64Array {
  const mean = new Float64Array(dimension);
  for (let start = 0; start < vectors.length; start += dimension) {
    for (let i = 0; i < dimension; i++) mean[i] += vectors[start + i];
  }
  return mean.map((sum) => (sum * dimension) / vectors.length);
}

/**
 * Rows less one row. Distances stay as they are, but float32 keeps them to more digits: a common offset, however
 * large, no longer drowns them.
 */
export function centredRows({ vectors, dimension }: Rows, centre: Float64Array, scale = 1): Rows {
  const centred = new Float32Array(vectors.length);
  for (let start = 0; start < vectors.length; start += dimension) {
    for (let i = 0; i < dimension; i++) centred[start + i] = (vectors[start + i] - centre[i]) * scale;
  }
  return { vectors: centred, dimension };
}

/** ‖row‖², in float64. */
export function squaredNorms({ vectors, dimension }: Rows): Float64Array {
  const norms = new Float64Array(vectors.length / dimension);
  for (let row = 0; row < norms.length; row++) {
    let squares = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) squares += vectors[i] * vectors[i];
    norms[row] = squares;
  }
  return norms;
}

/** A gallery whose scores x·y − ‖y‖²/2 fall as the Euclidean distance of query x to row y grows. */
export function euclideanGallery(rows: Rows): Gallery {
  return { ...rows, bias: Float32Array.from(squaredNorms(rows), (square) => -square / 2) };
}

/**
 * A gallery whose larger scores mean nearer rows, and the map that queries take to meet it. Under Euclidean distance rows
 * are centred, and brought near 1 by `scale`, a power of two, so that their squares neither overflow nor vanish.
 */
export function galleryFor(
  table: Rows,
  metric: Metric,
): { gallery: Gallery; prepare(queries: Rows): Rows; scale: number } {
  if (metric === 'cosine') {
    const gallery = { ...unitRows(table), bias: new Float32Array(table.vectors.length / table.dimension) };
    return { gallery, prepare: unitRows, scale: 1 };
  }
  const centre = meanRow(table);
  const scale = scaleOf(centredRows(table, centre).vectors);
  const prepare = (queries: Rows) => centredRows(queries, centre, scale);
  return { gallery: euclideanGallery(prepare(table)), prepare, scale };
}

/** A power of two that brings the largest entry of rows near 1: float32 squares then neither overflow nor vanish. */
function scaleOf(vectors: Float32Array | Float64Array): number {
  let largest = 0;
  for (let i = 0; i < vectors.length; i++) largest = Math.max(largest, Math.abs(vectors[i]));
  return largest === 0 ? 1 : 2 ** -Math.round(Math.log2(largest));
}
