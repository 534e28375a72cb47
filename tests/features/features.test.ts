import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { caffePreprocessing } from '../../src/features/caffe-preprocessing.js';
import { extractFeatures, type FeatureRequest, openFeatures } from '../../src/features/extract-features.js';
import { writePreprocessed } from '../../src/features/preprocessing.js';
import { RowCache } from '../../src/features/row-cache.js';
import { loadImageFolder } from '../../src/index.js';
import { googlenet } from '../../src/models/googlenet.js';
import type { PretrainedWeights } from '../../src/models/read-weights.js';
import { madeUpWeights } from '../models/made-up-weights.js';

let folder: string;
let weights: PretrainedWeights;
beforeAll(() => {
  weights = { layers: madeUpWeights(googlenet), checksum: 'made up' };
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kit-'));
  process.env.KIT_CACHE = join(folder, 'cache');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => {
  delete process.env.KIT_CACHE;
});

async function pictures(): Promise<FeatureRequest> {
  for (const [label, name] of ['red', 'blue'].entries()) {
    mkdirSync(join(folder, 'pictures', name), { recursive: true });
    for (let i = 0; i < 3; i++) {
      const noise = Buffer.from(
        Uint8Array.from({ length: 40 * 30 * 3 }, (_, j) => (j * (7 + i) + 90 * label) % 256),
      );
      const picture = sharp(noise, { raw: { width: 40, height: 30, channels: 3 } });
      const grey = i === 1 ? picture.greyscale() : picture;
      await grey.jpeg().toFile(join(folder, 'pictures', name, `${i}.jpg`));
    }
  }
  const images = await loadImageFolder({ directory: join(folder, 'pictures') });
  return { images, network: googlenet, weights, layer: 'pool5', view: 'whole' };
}

describe('features', () => {
  it('are made once: a second call computes nothing, and another layer is kept apart', {
    timeout: 60_000,
  }, async () => {
    const request = await pictures();
    expect(await extractFeatures(request)).toBe(6);
    expect(await extractFeatures(request)).toBe(0);
    const rows = openFeatures(request, [0, 5]);
    expect(rows.shape).toEqual([1024]);
    const both = rows.read([5, 0]);
    expect(both.slice(1024)).toEqual(rows.read([0]));
    rows.close();
    expect(await extractFeatures({ ...request, layer: 'pool4', items: [2] })).toBe(1);
    expect(openFeatures({ ...request, layer: 'pool4' }, [2]).shape).toEqual([7, 7, 832]);
  });

  it('are computed again, and said to be, where a file of their cache is missing', {
    timeout: 60_000,
  }, async () => {
    const request = await pictures();
    await extractFeatures(request);
    const cache = join(folder, 'cache', 'features');
    const warned: string[] = [];
    const warn = vi
      .spyOn(process, 'emitWarning')
      .mockImplementation((text) => void warned.push(String(text)));
    for (const file of ['rows.bin', 'digests.bin']) {
      rmSync(join(cache, readdirSync(cache)[0], file));
      expect(await extractFeatures(request)).toBe(6);
      expect(warned.at(-1)).toContain(`lacks ${file}; its features are computed again`);
    }
    warn.mockRestore();
    expect(openFeatures(request, [0]).read([0])).toHaveLength(1024);
  });

  it('go on where a kill left a half-written row, to the same values', { timeout: 60_000 }, async () => {
    const request = await pictures();
    await extractFeatures(request);
    const whole = openFeatures(request, [0, 1, 2, 3, 4, 5]).read([0, 1, 2, 3, 4, 5]);
    const cache = join(folder, 'cache', 'features');
    const rows = join(cache, readdirSync(cache)[0], 'rows.bin');
    truncateSync(rows, 3 * 4096 + 100);
    expect(await extractFeatures(request)).toBe(3);
    const again = openFeatures(request, [0, 1, 2, 3, 4, 5]).read([0, 1, 2, 3, 4, 5]);
    expect(again).toEqual(whole);
  });

  it('that were not made are asked for by name', async () => {
    const request = await pictures();
    expect(() => openFeatures(request, [1])).toThrow(/pool5.* features of blue\/1\.jpg were not extracted/);
  });

  it('of a picture that broke after loading end with its name, and leave no lock behind', {
    timeout: 60_000,
  }, async () => {
    const request = await pictures();
    const path = join(folder, 'pictures', 'blue', '2.jpg');
    truncateSync(path, 300);
    await expect(extractFeatures(request)).rejects.toThrow(/blue\/2\.jpg can't be read as a picture/);
    writeFileSync(
      path,
      await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .jpeg()
        .toBuffer(),
    );
    expect(await extractFeatures(request)).toBe(6);
  });
});

describe('a view', () => {
  it('is blue, green, red planes of 0 to 255 minus ImageNet’s mean', async () => {
    const planes = new Float32Array(3 * 224 * 224);
    const orange = { width: 1, height: 1, data: Uint8Array.of(255, 128, 0) };
    await writePreprocessed(orange, 'whole', '', caffePreprocessing(224, 'whole'), planes);
    expect([planes[0], planes[224 * 224], planes[2 * 224 * 224]]).toEqual([0 - 104, 128 - 117, 255 - 123]);
  });

  it('of the middle begins 14 pixels in, of 256×256', async () => {
    const data = Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) => (i * i) % 251);
    const planes = new Float32Array(3 * 227 * 227);
    const preprocessing = caffePreprocessing(224, 'centre');
    await writePreprocessed({ width: 256, height: 256, data }, 'centre', '', preprocessing, planes);
    const at = (y: number, x: number) => data[(y * 256 + x) * 3 + 2] - 104;
    expect([planes[0], planes[226], planes[227 * 226]]).toEqual([at(14, 14), at(14, 240), at(240, 14)]);
  });

  it('at random is the same crop for the same picture, and another for the next view', async () => {
    const data = Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) => (i * i) % 251);
    const crop = async (view: 'random-0' | 'random-1') => {
      const planes = new Float32Array(3 * 227 * 227);
      await writePreprocessed(
        { width: 256, height: 256, data },
        view,
        'abc',
        caffePreprocessing(224, view),
        planes,
      );
      return planes;
    };
    expect(await crop('random-0')).toEqual(await crop('random-0'));
    expect(await crop('random-0')).not.toEqual(await crop('random-1'));
  });
});

describe('a row cache', () => {
  it('drops a digest without its row and a row without its digest', () => {
    const path = join(folder, 'rows');
    const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)];
    const cache = new RowCache(path, 4);
    cache.append([a, b], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    cache.close();
    truncateSync(join(path, 'rows.bin'), 6);
    const after = new RowCache(path, 4);
    expect([after.has(a), after.has(b)]).toEqual([true, false]);
    after.append([b], Uint8Array.of(9, 9, 9, 9));
    const row = new Uint8Array(4);
    after.read(b, row);
    expect([...row]).toEqual([9, 9, 9, 9]);
    after.close();
  });
});
