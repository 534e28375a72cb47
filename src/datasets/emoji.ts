import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { cacheFolder } from '../files/cache-folder.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import type { ImageItem } from '../types/image-set.js';
import { type FixedSizeImageSet, withPixels } from './fixed-size-image-set.js';

/** The hands that draw; datasets/README.md names their licences. */
const HANDS = ['emojione', 'fluent-emoji-flat', 'fxemoji', 'noto', 'noto-v1', 'openmoji', 'twemoji'] as const;
/** A concept is a class when this many hands or more draw it. */
const FEWEST_HANDS = 5;

interface IconFile {
  readonly icons: Readonly<
    Record<
      string,
      {
        readonly body: string;
        readonly width?: number;
        readonly height?: number;
        readonly left?: number;
        readonly top?: number;
        readonly hidden?: boolean;
      }
    >
  >;
  readonly width?: number;
  readonly height?: number;
}

/**
 * The same concepts drawn in seven hands: a class is an icon name that five or more of the sets share, skin-tone
 * variants and withdrawn icons left out, each hand giving one picture. 1,194 classes, 7,230 pictures, on white.
 *
 * The first call rasterises (a few seconds) and keeps the pixels in the cache folder under a name made of the
 * packages' versions and the size; a damaged cache is made anew.
 *
 * @param options.size side in pixels, default 32
 */
export async function loadEmoji(options: { readonly size?: number } = {}): Promise<FixedSizeImageSet> {
  const { size = 32 } = options;
  const files = HANDS.map((hand) => require(`@iconify-json/${hand}/icons.json`) as IconFile);
  const { classNames, items, sources } = listConcepts(files);
  const versions = HANDS.map(
    (hand) => (require(`@iconify-json/${hand}/package.json`) as { version: string }).version,
  );
  const key = createHash('sha256')
    .update([size, sharp.versions.sharp, ...versions].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const pixels = await cachedPixels(
    join(cacheFolder(), `emoji-${size}-${key}.bin`),
    items.length * size * size * 3,
    () =>
      rasterise(
        sources.map(([hand, icon]) => svgOf(files[hand], icon, size)),
        size,
      ),
  );
  const checksum = createHash('sha256').update(JSON.stringify(items)).update(pixels).digest('hex');
  return withPixels(
    { name: 'emoji', classNames, items, checksum, read: () => Promise.reject() },
    size,
    pixels,
  );
}

function listConcepts(files: readonly IconFile[]) {
  const drawnBy = new Map<string, number[]>();
  for (const [hand, file] of files.entries()) {
    for (const icon of Object.keys(file.icons)) {
      if (/skin/.test(icon) || file.icons[icon].hidden) continue;
      const hands = drawnBy.get(icon);
      if (hands === undefined) drawnBy.set(icon, [hand]);
      else hands.push(hand);
    }
  }
  const classNames = [...drawnBy.keys()]
    .filter((icon) => (drawnBy.get(icon) as number[]).length >= FEWEST_HANDS)
    .sort();
  const items: ImageItem[] = [];
  const sources: [hand: number, icon: string][] = [];
  for (const [label, icon] of classNames.entries()) {
    for (const hand of drawnBy.get(icon) as number[]) {
      items.push({ path: `${HANDS[hand]}/${icon}`, label });
      sources.push([hand, icon]);
    }
  }
  return { classNames, items, sources };
}

function svgOf(file: IconFile, name: string, size: number): Buffer {
  const icon = file.icons[name];
  const width = icon.width ?? file.width ?? 16;
  const height = icon.height ?? file.height ?? 16;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${size}" height="${size}" viewBox="${icon.left ?? 0} ${icon.top ?? 0} ${width} ${height}">${icon.body}</svg>`,
  );
}

const RASTERISED_AT_ONCE = 32;

async function rasterise(pictures: readonly Buffer[], size: number): Promise<Uint8Array> {
  const length = size * size * 3;
  const pixels = new Uint8Array(pictures.length * length);
  for (let start = 0; start < pictures.length; start += RASTERISED_AT_ONCE) {
    const drawn = await Promise.all(
      pictures
        .slice(start, start + RASTERISED_AT_ONCE)
        .map((svg) =>
          sharp(svg)
            .resize(size, size)
            .flatten({ background: '#fff' })
            .toColourspace('srgb')
            .removeAlpha()
            .raw()
            .toBuffer(),
        ),
    );
    for (const [i, data] of drawn.entries()) pixels.set(data, (start + i) * length);
  }
  return pixels;
}

const CHECKSUM_BYTES = 32;

async function cachedPixels(
  path: string,
  length: number,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const sum = (pixels: Uint8Array) => createHash('sha256').update(pixels).digest();
  if (existsSync(path)) {
    const file = readFileSync(path);
    const pixels = file.subarray(CHECKSUM_BYTES);
    if (pixels.length === length && sum(pixels).equals(file.subarray(0, CHECKSUM_BYTES)))
      return new Uint8Array(pixels);
  }
  const pixels = await make();
  writeFileWhole(path, Buffer.concat([sum(pixels), pixels]));
  return pixels;
}
