import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { STRETCHED_SIDE, stretchPictures } from '../../src/features/stretched-pictures.js';
import { loadImageFolder } from '../../src/index.js';
import { makePictureFolder, temporaryFolder } from '../picture-folder.js';

const bytes = () => new Uint8Array(STRETCHED_SIDE * STRETCHED_SIDE * 3);

describe('pictures kept as bytes', () => {
  let cache: string;
  beforeEach(() => {
    cache = temporaryFolder();
    process.env.KIT_CACHE = cache;
  });

  it('are decoded once, are 256×256, and are made again where a kill left half of one', async () => {
    const images = await loadImageFolder({ directory: await makePictureFolder() });
    const items = [...images.items.keys()].slice(0, 6);
    let done = 0;
    const first = await stretchPictures({ images, items, onProgress: (count) => (done = count) });
    const one = bytes();
    first.read(items[5], one);
    first.close();
    expect(done).toBe(6);
    const { data, width } = await images.read(items[5]);
    const centre = (pixels: Uint8Array, side: number) => pixels[(side * (side / 2) + side / 2) * 3];
    expect(Math.abs(centre(one, STRETCHED_SIDE) - centre(data, width))).toBeLessThan(80);

    const folder = join(cache, 'pictures', readdirSync(join(cache, 'pictures'))[0]);
    truncateSync(join(folder, 'rows.bin'), statSync(join(folder, 'rows.bin')).size - 100);
    const counts: number[] = [];
    const again = await stretchPictures({ images, items, onProgress: (count) => counts.push(count) });
    const repaired = bytes();
    again.read(items[5], repaired);
    again.close();
    expect(counts).toEqual([1]);
    expect(repaired).toEqual(one);
  });

  it('stop when told so', async () => {
    const images = await loadImageFolder({ directory: await makePictureFolder() });
    await expect(
      stretchPictures({ images, items: [0, 1], signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });
});
