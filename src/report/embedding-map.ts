import sharp from 'sharp';
import { UMAP } from 'umap-js';
import { unitRows } from '../evaluation/nearest-neighbours.js';
import { SeededRandom } from '../runtime/seeded-random.js';
import type { PictureEmbeddings } from './gallery.js';

const SIDE = 1100;
const CELL = 30;
const MARGIN = 24;

/**
 * The embedding in two dimensions with the pictures themselves as points: umap-js on a seeded choice of
 * classes, every picture of each.
 *
 * @returns a PNG
 */
export async function embeddingMap(pictures: PictureEmbeddings, classes = 100): Promise<Buffer> {
  const { embeddings, images, itemIndices } = pictures;
  const random = new SeededRandom('embedding map');
  const chosen = new Set(
    random.shuffle([...new Set(embeddings.labels)].sort((a, b) => a - b)).slice(0, classes),
  );
  const rows = [...embeddings.labels.keys()].filter((row) => chosen.has(embeddings.labels[row]));
  const { vectors, dimension } = unitRows(embeddings);
  const points = rows.map((row) => Array.from(vectors.subarray(row * dimension, (row + 1) * dimension)));
  const layout = new UMAP({
    nNeighbors: Math.min(10, rows.length - 1),
    minDist: 0.3,
    random: () => random.uniform(),
  }).fit(points);

  const bounds = [0, 1].map((axis) => {
    const values = layout.map((point) => point[axis]);
    return { low: Math.min(...values), span: Math.max(...values) - Math.min(...values) || 1 };
  });
  const overlays = await Promise.all(
    rows.map(async (row, i) => {
      const { data, width, height } = await images.read(itemIndices[row]);
      const input = await sharp(data, { raw: { width, height, channels: 3 } })
        .resize(CELL, CELL, { fit: 'contain', background: '#fff' })
        .png()
        .toBuffer();
      const [left, top] = bounds.map(({ low, span }, axis) =>
        Math.round(MARGIN + ((layout[i][axis] - low) / span) * (SIDE - CELL - 2 * MARGIN)),
      );
      return { input, left, top, blend: 'darken' } as const;
    }),
  );
  return sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: '#fff' } })
    .composite(overlays)
    .png({ palette: true })
    .toBuffer();
}
