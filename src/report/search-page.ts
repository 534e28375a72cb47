import sharp from 'sharp';
import type { RgbImage } from '../types/image-set.js';
import { escapedText } from './escaped-text.js';
import { htmlPage } from './html-page.js';

export interface SearchResult {
  readonly query: string;
  readonly picture: RgbImage;
  /** Name of the network's file. */
  readonly model: string;
  /** Whether the query was among the pictures searched in, and left out. */
  readonly queryLeftOut: boolean;
  /** Pictures that were searched in. */
  readonly searched: number;
  readonly found: readonly {
    readonly path: string;
    readonly className: string;
    /** Cosine. */
    readonly similarity: number;
    read(): Promise<RgbImage>;
  }[];
}

const SIDE = 160;

/** A page with the query and its nearest pictures, all inside the one file. */
export async function searchPage(result: SearchResult): Promise<string> {
  const { query, picture, model, searched, found, queryLeftOut } = result;
  const figures: string[] = [];
  for (const { path, className, similarity, read } of found)
    figures.push(await figure(await read(), `${className} · ${similarity.toFixed(3)}`, path));
  return htmlPage(
    'Nearest pictures',
    `<!-- kit search --><p class="lead">The ${found.length} of ${searched} pictures that are nearest to the first by cosine similarity of the embeddings of ${escapedText(model)}, nearest first.${queryLeftOut ? ' The query lies among them and is left out.' : ''}</p>
<div style="margin-bottom: 1.5em">${await figure(picture, 'query', query)}</div>
<div style="display: flex; flex-wrap: wrap; gap: 1em">
${figures.join('\n')}
</div>`,
  );
}

async function figure({ data, width, height }: RgbImage, caption: string, path: string): Promise<string> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(2 * SIDE, 2 * SIDE, { fit: 'contain', background: '#fff' })
    .jpeg({ quality: 85 })
    .toBuffer();
  const name = escapedText(path);
  return `<figure style="margin: 0; width: ${SIDE}px"><img width="${SIDE}" height="${SIDE}" alt="${name}" title="${name}" src="data:image/jpeg;base64,${png.toString('base64')}"><figcaption>${escapedText(caption)}</figcaption></figure>`;
}
