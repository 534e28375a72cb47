import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataDirectory } from '../../src/datasets/data-directory.js';
import { readPicture } from '../../src/datasets/read-picture.js';
import { choosePreprocessing, writePreprocessed } from '../../src/features/preprocessing.js';
import type { RgbImage } from '../../src/index.js';
import { temporaryFolder } from '../picture-folder.js';
import fixture from './fixtures/torchvision.json';

/** The formula of make-torchvision-fixture.py. */
function madeUp(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) data[at++] = (x * 7 + y * 13 + c * 50 + ((x * y) % 31) * 5) % 256;
  return { width, height, data };
}

async function prepared(picture: RgbImage, preprocess: string): Promise<{ sampled: number[]; mean: number }> {
  const planes = new Float32Array(3 * 224 * 224);
  await writePreprocessed(picture, 'centre', '', choosePreprocessing({ preprocess }, 224), planes);
  const every = Math.floor(planes.length / 200);
  return {
    sampled: Array.from({ length: Math.ceil(planes.length / every) }, (_, i) => planes[i * every]),
    mean: planes.reduce((sum, value) => sum + value, 0) / planes.length,
  };
}

const largest = (found: readonly number[], expected: readonly number[]) =>
  Math.max(...found.map((value, i) => Math.abs(value - expected[i])));

describe('pictures are prepared as torchvision prepares them', () => {
  it.each(fixture.madeUp)(
    '$preprocess of $width×$height, to the bit',
    async ({ width, height, preprocess, ...expected }) => {
      const found = await prepared(madeUp(width, height), preprocess);
      expect(largest(found.sampled, expected.sampled)).toBeLessThan(2e-5);
      expect(found.mean).toBeCloseTo(expected.mean, 4);
    },
  );

  const photographs = join(dataDirectory(), 'CUB_200_2011', 'images');
  const byPath = fixture.photographs.filter(({ path }) => existsSync(join(photographs, path)));
  it.skipIf(byPath.length === 0)('of photographs, up to what two JPEG decoders differ in', async () => {
    for (const { path, preprocess, ...expected } of byPath) {
      const found = await prepared(await readPicture(join(photographs, path)), preprocess);
      // One step of 255 is 0.017 to 0.018.
      expect(largest(found.sampled, expected.sampled), path).toBeLessThan(0.04);
      expect(Math.abs(found.mean - expected.mean), path).toBeLessThan(0.002);
    }
  });
});

describe('the choice of a preprocessing', () => {
  const timm = (content: object) => {
    const path = join(temporaryFolder(), 'config.json');
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const cfg = {
    input_size: [3, 224, 224],
    interpolation: 'bicubic',
    crop_pct: 0.95,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  };

  it('takes timm’s own from its config.json', () => {
    for (const content of [cfg, { architecture: 'vit', pretrained_cfg: cfg }]) {
      expect(choosePreprocessing({ preprocess: timm(content) }, 224)).toEqual({
        channels: 'rgb',
        fit: 'shorter',
        interpolation: 'bicubic',
        resize: 235,
        crop: 224,
        mean: [127.5, 127.5, 127.5],
        deviation: [127.5, 127.5, 127.5],
      });
    }
  });

  it('takes the side that a network or --crop asks for before that of a timm config, 224 as any other', () => {
    const large = timm({ ...cfg, input_size: [3, 288, 288], crop_pct: 0.875 });
    const sides = { fit: 'shorter', resize: 256, crop: 224 };
    expect(choosePreprocessing({ preprocess: large }, 224)).toMatchObject(sides);
    expect(choosePreprocessing({ preprocess: large, crop: 224 }, undefined)).toMatchObject(sides);
    expect(choosePreprocessing({ preprocess: large }, undefined)).toMatchObject({ resize: 329, crop: 288 });
  });

  it('of a config.json that holds nothing is refused in a sentence', () => {
    const path = join(temporaryFolder(), 'config.json');
    writeFileSync(path, 'null');
    expect(() => choosePreprocessing({ preprocess: path }, 224)).toThrow(/is no timm config\.json/);
  });

  it('changes one thing at a time', () => {
    expect(choosePreprocessing({ preprocess: 'clip', resize: 300, mean: [0, 0, 0] }, 224)).toMatchObject({
      resize: 300,
      crop: 224,
      mean: [0, 0, 0],
      interpolation: 'bicubic',
    });
    expect(choosePreprocessing({}, 112)).toMatchObject({ resize: 128, crop: 112 });
  });

  it.each([
    [
      'an unknown name',
      { preprocess: 'imagenet' },
      /--preprocess is "imagenet"; it can be torchvision, caffe, clip/,
    ],
    ['a file that is not there', { preprocess: '/no/config.json' }, /config\.json can't be read/],
    [
      'means of 0 to 255',
      { mean: [123.7, 116.3, 103.5] },
      /--mean is of values between 0 and 1, found 123\.7/,
    ],
    ['two numbers', { std: [0.2, 0.2] }, /--std takes three numbers/],
    ['a deviation of 0', { std: [0.2, 0, 0.2] }, /divides by nothing/],
    ['a crop larger than the pictures', { resize: 100 }, /a crop of 224 does not fit .* 100/],
    ['a crop that the network does not take', { crop: 256 }, /takes pictures of 224 pixels a side, not 256/],
  ])('refuses %s', (_, choice, message) => {
    expect(() => choosePreprocessing(choice, 224)).toThrow(message);
  });

  it('names what a config.json lacks', () => {
    expect(() => choosePreprocessing({ preprocess: timm({ mean: [0, 0, 0] }) }, 224)).toThrow(
      /no timm config\.json: input_size/,
    );
  });
});
