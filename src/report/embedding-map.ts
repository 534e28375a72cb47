import { UMAP } from 'umap-js';
import { unitRows } from '../evaluation/nearest-neighbours.js';
import { SeededRandom } from '../seeded-random.js';
import { drawPictureSheet, type PictureEmbeddings, pictureElement } from './picture-sheet.js';

export interface EmbeddingMap {
  readonly png: Buffer;
  /** What was drawn and how, in sentences. */
  readonly caption: string;
}

const MOST_PICTURES = 420;
const SIDE = 960;
const CELL = 30;
const NEIGHBOURS = 10;

/**
 * The embedding in two dimensions with the pictures themselves as points: umap-js on whole classes drawn with a
 * fixed seed, pictures then pushed apart until they hardly cover each other. A thread joins each picture to
 * the middle of its class.
 *
 * @param subtitle what made the embeddings, and on which data
 */
export async function embeddingMap(pictures: PictureEmbeddings, subtitle: string): Promise<EmbeddingMap> {
  const { embeddings, images, itemIndices } = pictures;
  const random = new SeededRandom('embedding map');
  const classes = chooseClasses(embeddings.labels, random);
  const rows = classes.flat();
  const { vectors, dimension } = unitRows(embeddings);
  const layout = new UMAP({
    nNeighbors: Math.min(NEIGHBOURS, rows.length - 1),
    minDist: 0.4,
    random: () => random.uniform(),
  }).fit(rows.map((row) => Array.from(vectors.subarray(row * dimension, (row + 1) * dimension))));
  const places = scaled(layout, SIDE);
  pushApart(places, CELL);

  const left = Math.min(...places.map(([x]) => x));
  const top = Math.min(...places.map(([, y]) => y));
  const centres = places.map(([x, y]) => [Math.round(x - left + CELL / 2), Math.round(y - top + CELL / 2)]);
  const threads: string[] = [];
  let start = 0;
  for (const members of classes) {
    const own = centres.slice(start, start + members.length);
    start += members.length;
    const [x, y] = [0, 1].map((axis) => own.reduce((sum, centre) => sum + centre[axis], 0) / own.length);
    threads.push(...own.map((centre) => `<path d="M${x.toFixed(1)} ${y.toFixed(1)}L${centre.join(' ')}"/>`));
  }
  const drawn = await Promise.all(
    rows.map((row, i) =>
      pictureElement(images, itemIndices[row], {
        left: centres[i][0] - CELL / 2,
        top: centres[i][1] - CELL / 2,
        side: CELL,
      }),
    ),
  );
  const extent = (axis: number) => Math.max(...centres.map((centre) => centre[axis])) + CELL / 2;
  return {
    png: await drawPictureSheet({
      title: 'The embedding as a map',
      subtitle,
      width: extent(0),
      height: extent(1),
      body: `<g stroke="#d5d5da" fill="none">${threads.join('')}</g><g style="isolation:isolate">${drawn.map((image) => image.replace('<image', '<image style="mix-blend-mode:multiply"')).join('\n')}</g>`,
    }),
    caption: `${rows.length} pictures of ${classes.length} whole classes drawn at random with a fixed seed, laid out by UMAP from their embeddings alone and then pushed apart until they hardly cover each other. Threads lead to the middle of each class: short ones mean that the class lies together.`,
  };
}

/** Rows of whole classes in a random order, as many as fit, two classes at the least. */
function chooseClasses(labels: Int32Array, random: SeededRandom): number[][] {
  const chosen: number[][] = [];
  let count = 0;
  for (const label of random.shuffle([...new Set(labels)].sort((a, b) => a - b))) {
    const members = [...labels.keys()].filter((row) => labels[row] === label);
    if (chosen.length >= 2 && count + members.length > MOST_PICTURES) break;
    chosen.push(members);
    count += members.length;
  }
  return chosen;
}

function scaled(points: readonly (readonly number[])[], side: number): number[][] {
  const low = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const span = Math.max(...[0, 1].map((axis) => Math.max(...points.map((point) => point[axis])) - low[axis]));
  return points.map((point) => point.map((value, axis) => ((value - low[axis]) / (span || 1)) * side));
}

const ROUNDS = 80;

/** Moves points that are closer than `distance` away from each other, a part of the way each round. */
function pushApart(points: number[][], distance: number): void {
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < points.length; i++) {
      for (let j = i + 1; j < points.length; j++) {
        const [x, y] = [points[j][0] - points[i][0], points[j][1] - points[i][1]];
        const apart = Math.hypot(x, y);
        if (apart >= distance) continue;
        // Coinciding points go apart along the diagonal.
        const [ux, uy] = apart === 0 ? [Math.SQRT1_2, Math.SQRT1_2] : [x / apart, y / apart];
        const push = (distance - apart) / 4;
        points[i][0] -= ux * push;
        points[i][1] -= uy * push;
        points[j][0] += ux * push;
        points[j][1] += uy * push;
      }
    }
  }
}
