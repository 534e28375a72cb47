import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadImageFolder } from '../../src/index.js';

const fixtures = join('tests', 'datasets', 'fixtures');
const pillow = JSON.parse(readFileSync(join(fixtures, 'pictures.json'), 'utf8')) as {
  classes: string[];
  pictures: { path: string; className: string; size: [number, number]; pixels: number[] }[];
};
/** Of 255: decoders of JPEG round differently. */
const tolerance = (path: string) => (/\.jp|\.jfif/i.test(path) ? 2 : 0);

it('a folder of every format has the classes, the pictures and the pixels that Pillow finds, and says what it left out', async () => {
  const images = await loadImageFolder({ directory: join(fixtures, 'pictures') });
  expect(images.classNames).toEqual(pillow.classes);
  expect(images.items.map(({ path }) => path).sort()).toEqual(pillow.pictures.map(({ path }) => path).sort());
  for (const { path, className, size, pixels } of pillow.pictures) {
    const index = images.items.findIndex((item) => item.path === path);
    expect(images.classNames[images.items[index].label]).toBe(className);
    const { width, height, data } = await images.read(index);
    expect([path, width, height]).toEqual([path, ...size]);
    const largest = pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i])), 0);
    expect({ path, largest: largest <= tolerance(path) || largest }).toEqual({ path, largest: true });
  }
  expect(images.leftOut).toEqual(['cats and dogs/notes.txt (no picture by its ending)']);
});
