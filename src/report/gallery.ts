import { nearestNeighbours } from '../evaluation/nearest-neighbours.js';
import { SeededRandom } from '../seeded-random.js';
import { escapedText } from './escaped-text.js';
import { drawPictureSheet, type PictureEmbeddings, pictureElement } from './picture-sheet.js';

export interface RetrievalGallery {
  readonly png: Buffer;
  /** How the queries were chosen and what the frames mean, in sentences. */
  readonly caption: string;
}

const NEIGHBOURS = 5;
const QUERIES_EACH = 7;
const CELL = 60;
const FRAME = 3;
const PITCH = CELL + 2 * FRAME + 6;
const QUERY_GAP = 12;
const HEADING = 26;
const NAME = 15;
const COLUMN_GAP = 36;
// Told apart by lightness too, for eyes that confuse green and red.
const RIGHT = '#5cb85c';
const WRONG = '#b3162c';

/**
 * Queries and their five nearest others by cosine, right ones framed green, wrong ones red. Half of the queries
 * are drawn from those whose nearest is right, half from those whose nearest is wrong, at random with a fixed
 * seed: it shows how the embedding succeeds and fails, and the caption says how often.
 *
 * @param subtitle what made the embeddings, and on which data
 */
export async function retrievalGallery(
  pictures: PictureEmbeddings,
  subtitle: string,
): Promise<RetrievalGallery> {
  const { embeddings, images, itemIndices } = pictures;
  const { labels } = embeddings;
  const { indices, k } = await nearestNeighbours(embeddings, Math.min(NEIGHBOURS, labels.length - 1), {
    metric: 'cosine',
  });
  const isRight = (row: number, rank: number) => labels[indices[row * k + rank]] === labels[row];
  const order = new SeededRandom('gallery').shuffle(Array.from(labels.keys()));
  const right = order.filter((row) => isRight(row, 0));
  const wrong = order.filter((row) => !isRight(row, 0));

  const picture = async (row: number, colour: string, left: number, top: number) =>
    `<rect x="${left}" y="${top}" width="${CELL + 2 * FRAME}" height="${CELL + 2 * FRAME}" rx="4" fill="${colour}"/>` +
    (await pictureElement(images, itemIndices[row], { left: left + FRAME, top: top + FRAME, side: CELL }));
  const columnWidth = (k + 1) * PITCH + QUERY_GAP;
  const column = async (heading: string, rows: readonly number[], left: number) => {
    const parts = [`<text x="${left}" y="12" font-size="12" font-weight="bold">${heading}</text>`];
    for (const [line, row] of rows.slice(0, QUERIES_EACH).entries()) {
      const top = HEADING + line * (PITCH + NAME);
      const name = images.classNames[images.items[itemIndices[row]].label];
      parts.push(
        `<text x="${left}" y="${top + 9}" font-size="10" fill="#555">${escapedText(name)}</text>`,
        await picture(row, '#c8c8c8', left, top + NAME),
      );
      for (let rank = 0; rank < k; rank++) {
        const from = left + QUERY_GAP + (rank + 1) * PITCH;
        parts.push(
          await picture(indices[row * k + rank], isRight(row, rank) ? RIGHT : WRONG, from, top + NAME),
        );
      }
    }
    return parts.join('\n');
  };
  const body = [
    await column('Queries whose nearest is right', right, 0),
    await column('Queries whose nearest is wrong', wrong, columnWidth + COLUMN_GAP),
  ].join('\n');
  const lines = Math.min(QUERIES_EACH, Math.max(right.length, wrong.length));
  const share = ((100 * right.length) / order.length).toFixed(1);
  return {
    png: await drawPictureSheet({
      title: `A query and its ${k} nearest`,
      subtitle,
      width: 2 * columnWidth + COLUMN_GAP,
      height: HEADING + lines * (PITCH + NAME),
      body,
    }),
    caption: `Grey frame: the query, its class above it; then its ${k} nearest by cosine, green where the class is right, red where it is wrong. Drawn at random with a fixed seed: ${Math.min(QUERIES_EACH, right.length)} of the ${right.length} queries whose nearest is right, ${Math.min(QUERIES_EACH, wrong.length)} of the ${wrong.length} whose nearest is wrong. So it shows how the embedding succeeds and fails, not how often: ${share}% of all ${order.length} queries are right.`,
  };
}
