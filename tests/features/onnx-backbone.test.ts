import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxModel } from '../../src/backends/onnxruntime/onnx-model.js';
import { extractFeatures, openFeatures } from '../../src/features/extract-features.js';
import { openOnnxBackbone } from '../../src/features/onnx-backbone.js';
import { loadImageFolder, readEmbeddings } from '../../src/index.js';
import { kitPath, runKit } from '../cli/run-kit.js';
import { colouredPictures, temporaryFolder } from '../picture-folder.js';

const folder = temporaryFolder();
let pictures: string;
const previousCache = process.env.KIT_CACHE;
beforeAll(async () => {
  process.env.KIT_CACHE = join(folder, 'cache');
  pictures = await colouredPictures(
    { a: ['#ff0000', '#008000'], b: ['#0000ff', '#102030', '#ffffff'] },
    { width: 30, height: 20 },
  );
});
afterAll(() => {
  if (previousCache === undefined) delete process.env.KIT_CACHE;
  else process.env.KIT_CACHE = previousCache;
});

/** A file whose output `mean` is the mean of each plane. */
function meanModel(name: string, shape: readonly (number | string)[]): string {
  const path = join(folder, `${name}.onnx`);
  const nodes = [
    { operator: 'GlobalAveragePool', inputs: ['pictures'], outputs: ['pooled'] },
    { operator: 'Flatten', inputs: ['pooled'], outputs: ['mean'], attributes: { axis: 1 } },
  ];
  const outputs = [{ name: 'mean', type: 'float32' as const, shape: [shape[0], shape[1]] }];
  writeFileSync(path, onnxModel(nodes, [{ name: 'pictures', type: 'float32', shape }], outputs));
  return path;
}

// As torchvision normalises: (value / 255 − mean) / standard deviation, in the order red, green, blue.
const RED = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225];
const WHITE = [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225];

describe('an ONNX file as a backbone', () => {
  it.each([
    ['of any number of pictures and any side', ['n', 3, 'height', 'width'], 224],
    ['of a fixed side', ['n', 3, 8, 8], 8],
    ['of two pictures at once', [2, 3, 8, 8], 8],
  ])(
    '%s gives a row a picture, from red, green and blue as torchvision scales them',
    async (name, shape, side) => {
      const onnx = await openOnnxBackbone(meanModel(name, shape), 'mean');
      expect([onnx.preprocessing.crop, onnx.shape]).toEqual([side, [3]]);
      const images = await loadImageFolder({ directory: pictures });
      const request = { images, onnx, view: 'centre' as const };
      expect(await extractFeatures(request)).toBe(5);
      expect(await extractFeatures(request)).toBe(0);
      const rows = openFeatures(request, [0, 4]);
      const values = rows.read([0, 4]);
      rows.close();
      for (const [i, value] of [...RED, ...WHITE].entries()) expect(values[i]).toBeCloseTo(value, 3);
    },
  );

  it('that lacks the output, or is not one of pictures, is refused by what it has', async () => {
    await expect(openOnnxBackbone(meanModel('other', ['n', 3, 8, 8]), 'pool5')).rejects.toThrow(
      /has no output "pool5"; it has mean\. Name one with --layer/,
    );
    await expect(openOnnxBackbone(meanModel('grey', ['n', 1, 8, 8]), 'mean')).rejects.toThrow(
      /takes pictures: float32 \[.*1, 8, 8\]/,
    );
    await expect(openOnnxBackbone(meanModel('oblong', ['n', 3, 8, 9]), 'mean')).rejects.toThrow(
      /takes pictures: float32 \[.*3, 8, 9\]/,
    );
    writeFileSync(join(folder, 'text.onnx'), 'no model');
    await expect(openOnnxBackbone(join(folder, 'text.onnx'), 'x')).rejects.toThrow(
      /text\.onnx can't be loaded/,
    );
    await expect(openOnnxBackbone(join(folder, 'no.onnx'), 'x')).rejects.toThrow(
      /no\.onnx can't be loaded \(ENOENT/,
    );
  });

  it('after kill -9 goes on to the same bytes, and leaves no half-written file', {
    timeout: 60_000,
  }, async () => {
    const pictures = join(folder, 'many');
    for (const name of ['a', 'b']) {
      mkdirSync(join(pictures, name), { recursive: true });
      for (let i = 0; i < 100; i++) {
        const background = { r: 2 * i, g: name === 'a' ? 0 : 255, b: 255 - i };
        const picture = sharp({ create: { width: 9, height: 9, channels: 3, background } });
        await picture.png().toFile(join(pictures, name, `${i}.png`));
      }
    }
    const model = meanModel('killed', ['n', 3, 'height', 'width']);
    const args = (out: string) => ['embed', pictures, '--backbone', model, '--layer', 'mean', '--out', out];
    const [whole, killed] = ['whole', 'killed'].map((name) => join(folder, name, 'out.npy'));
    runKit(args(whole), { KIT_CACHE: join(folder, 'whole', 'cache') });
    const cache = join(folder, 'killed', 'cache');
    const child = spawn(process.execPath, [kitPath, ...args(killed)], {
      stdio: 'ignore',
      env: { ...process.env, KIT_CACHE: cache },
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const begun = () => {
      const folders = existsSync(join(cache, 'features')) ? readdirSync(join(cache, 'features')) : [];
      const digests = folders.map((name) => join(cache, 'features', name, 'digests.bin'));
      return digests.some((path) => existsSync(path) && statSync(path).size > 0);
    };
    while (!begun()) await wait(2);
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(killed)).toBe(false);
    const { stdout } = runKit(args(killed), { KIT_CACHE: cache });
    expect(stdout).toMatch(/200 pictures/);
    expect(readFileSync(killed).equals(readFileSync(whole))).toBe(true);
  });

  it('is what kit embed takes by its path', { timeout: 60_000 }, () => {
    const out = join(folder, 'out.npy');
    const model = meanModel('command', ['n', 3, 8, 8]);
    const embed = (layer: string) =>
      runKit(['embed', pictures, '--backbone', model, '--layer', layer, '--out', out]);
    const { stdout, stderr, status } = embed('mean');
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toMatch(/5 pictures .*3 numbers each; \d computed/);
    expect(readEmbeddings(out, out.replace('.npy', '-labels.npy')).dimension).toBe(3);
    expect(embed('pool5').stderr).toMatch(/has no output "pool5"; it has mean/);
  });
});
