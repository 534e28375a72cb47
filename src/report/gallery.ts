import sharp, { type OverlayOptions } from 'sharp';
import { nearestNeighbours } from '../evaluation/nearest-neighbours.js';
import { SeededRandom } from '../runtime/seeded-random.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import type { ImageSet } from '../types/image-set.js';

export interface PictureEmbeddings {
  readonly images: ImageSet;
  readonly embeddings: EmbeddingTable;
  /** Item of `images` that each row belongs to. */
  readonly itemIndices: Int32Array;
}

const NEIGHBOURS = 5;
const CELL = 64;
const FRAME = 4;
const GAP = 6;
const RIGHT = '#2ca02c';
const WRONG = '#d62728';

/**
 * Queries and their five nearest others, right ones framed green, wrong ones red. Half of the queries are drawn
 * from those whose nearest is right, half from those whose nearest is wrong, at random with a fixed seed: it
 * shows how the method fails as much as how it succeeds, not how often.
 *
 * @returns a PNG; two columns of queries, right ones left, wrong ones right
 */
export async function retrievalGallery(pictures: PictureEmbeddings, queriesEach = 8): Promise<Buffer> {
  const { embeddings, images, itemIndices } = pictures;
  const { labels } = embeddings;
  const { indices, k } = await nearestNeighbours(embeddings, NEIGHBOURS, { metric: 'cosine' });
  const order = new SeededRandom('gallery').shuffle(Array.from(labels.keys()));
  const isRight = (row: number, rank: number) => labels[indices[row * k + rank]] === labels[row];
  const columns = [order.filter((row) => isRight(row, 0)), order.filter((row) => !isRight(row, 0))];

  const pitch = CELL + 2 * FRAME + GAP;
  const columnWidth = (NEIGHBOURS + 1) * pitch + 2 * GAP;
  const overlays: OverlayOptions[] = [];
  const place = async (row: number, frame: string, left: number, top: number) => {
    const { data, width, height } = await images.read(itemIndices[row]);
    const picture = await sharp(data, { raw: { width, height, channels: 3 } })
      .resize(CELL, CELL, { fit: 'contain', background: '#fff' })
      .extend({ top: FRAME, bottom: FRAME, left: FRAME, right: FRAME, background: frame })
      .png()
      .toBuffer();
    overlays.push({ input: picture, left, top });
  };
  for (const [column, rows] of columns.entries()) {
    for (const [line, row] of rows.slice(0, queriesEach).entries()) {
      const top = GAP + line * pitch;
      const left = GAP + column * (columnWidth + 4 * GAP);
      await place(row, '#bbbbbb', left, top);
      for (let rank = 0; rank < NEIGHBOURS; rank++) {
        await place(
          indices[row * k + rank],
          isRight(row, rank) ? RIGHT : WRONG,
          left + 2 * GAP + (rank + 1) * pitch,
          top,
        );
      }
    }
  }
  const width = 2 * columnWidth + 6 * GAP;
  const height = queriesEach * pitch + GAP;
  return sharp({ create: { width, height, channels: 3, background: '#fff' } })
    .composite(overlays)
    .png({ palette: true })
    .toBuffer();
}
