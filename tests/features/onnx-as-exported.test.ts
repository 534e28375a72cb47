import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withMetadata } from '../../src/backends/onnxruntime/onnx-model.js';
import { extractFeatures, openFeatures, picturesAtOnce } from '../../src/features/extract-features.js';
import { type OnnxBackboneChoice, openOnnxBackbone } from '../../src/features/onnx-backbone.js';
import { type ImageSet, loadImageFolder, readNpy } from '../../src/index.js';
import { runKit } from '../cli/run-kit.js';
import { colouredPictures, temporaryFolder } from '../picture-folder.js';

const fixtures = resolve('tests', 'features', 'fixtures', 'onnx');
const folder = temporaryFolder();
let pictures: string;
const previousCache = process.env.KIT_CACHE;
let images: ImageSet;
beforeAll(async () => {
  process.env.KIT_CACHE = join(folder, 'cache');
  pictures = await colouredPictures(
    { a: ['#ff0000', '#00ff00'], b: ['#0000ff', '#ffffff', '#204060'] },
    { width: 40, height: 40 },
  );
  images = await loadImageFolder({ directory: pictures });
});
afterAll(() => {
  if (previousCache === undefined) delete process.env.KIT_CACHE;
  else process.env.KIT_CACHE = previousCache;
});

async function featuresOf(file: string, choice: OnnxBackboneChoice = {}): Promise<Float32Array> {
  const onnx = await openOnnxBackbone(join(fixtures, file), undefined, choice);
  const request = { images, onnx, view: 'centre' as const };
  await extractFeatures(request);
  const items = [...images.items.keys()];
  const rows = openFeatures(request, items);
  const values = rows.read(items);
  rows.close();
  return values;
}

const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
  [0x20, 0x40, 0x60],
];
const normalized = COLOURS.flat().map((value, i) => (value / 255 - MEAN[i % 3]) / DEVIATION[i % 3]);

describe('an ONNX file as exported gives the mean colour of each picture', () => {
  it.each([
    ['plain.onnx', 4],
    ['UPPER.ONNX', 4],
    ['batch-1.onnx', 4],
    ['batch-4.onnx', 4],
    ['reshape-to-1.onnx', 4],
    ['folds-batch.onnx', 4],
    ['squeezes.onnx', 4],
    ['channels-last.onnx', 4],
    ['float16.onnx', 2],
    ['float16-output.onnx', 2],
  ])('%s', async (file, digits) => {
    const values = await featuresOf(file);
    expect(values).toHaveLength(normalized.length);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(normalized[i], digits);
  });

  it('uint8.onnx, from 0 to 255', async () => {
    expect([...(await featuresOf('uint8.onnx'))]).toEqual(COLOURS.flat());
  });

  it('two-inputs.onnx, the other input filled with what is said', async () => {
    const values = await featuresOf('two-inputs.onnx', { inputValues: { k: 2 } });
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(2 * normalized[i], 4);
  });
});

it('features that are no one vector a picture are taken in a row, and kit embed says so and what to do', async () => {
  const values = await featuresOf('tokens.onnx');
  expect(values).toHaveLength(2 * normalized.length);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(normalized[Math.floor(i / 2)], 4);
  const args = ['embed', pictures, '--backbone', join(fixtures, 'tokens.onnx')];
  const { stdout } = runKit([...args, '--out', join(folder, 'tokens.npy')]);
  expect(stdout).toMatch(
    /note: "y" gives 3×2 numbers a picture, .*distances compare position with position.*--layer/,
  );
});

describe('an ONNX file is refused that', () => {
  it.each([
    [
      'depends-on-batch.onnx',
      /other features beside another one than alone: it was exported in training mode/,
    ],
    ['constant.onnx', /gives two different pictures the same features/],
    ['noise.onnx', /other features each time: dropout or noise is on/],
    ['nan.onnx', /features that are not finite numbers/],
    ['batch-last.onnx', /gives \[3, 1\] for 1 picture, not a row a picture/],
    ['two-inputs.onnx', /has 2 inputs; beside the pictures \(x\) it wants "k"\. .*--input-value k=0/],
  ])('%s', async (file, message) => {
    await expect(featuresOf(file)).rejects.toThrow(message);
  });

  it('has no such input', async () => {
    await expect(featuresOf('plain.onnx', { input: 'y' })).rejects.toThrow(/has no input "y"; it has x/);
    await expect(featuresOf('plain.onnx', { inputValues: { k: 1 } })).rejects.toThrow(/no other input "k"/);
  });

  it.each([
    ['is empty', '', /the file is empty/],
    [
      'is a pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
      /Git LFS pointer.*git lfs pull/,
    ],
    ['is a web page', '<!DOCTYPE html><html>', /a web page, not a model/],
  ])('%s', async (_, text, message) => {
    const path = join(folder, 'wrong.onnx');
    writeFileSync(path, text);
    await expect(openOnnxBackbone(path, undefined)).rejects.toThrow(message);
  });

  it('says how its pictures are prepared in a way that is not known, unless it is said otherwise', async () => {
    const path = join(folder, 'unknown.onnx');
    const own = { 'angular-loss-kit.preprocessing': '{"fit":"sideways"}' };
    writeFileSync(path, withMetadata(readFileSync(join(fixtures, 'plain.onnx')), own));
    await expect(openOnnxBackbone(path, undefined)).rejects.toThrow(
      /prepared for it in a way that this version does not know: \{"fit":"sideways"\}\. Say it with --preprocess/,
    );
    expect((await openOnnxBackbone(path, undefined, { preprocess: 'clip' })).preprocessing.fit).toBe(
      'shorter',
    );
  });

  it('is cut off', async () => {
    const path = join(folder, 'cut.onnx');
    writeFileSync(path, readFileSync(join(fixtures, 'plain.onnx')).subarray(0, 90));
    await expect(openOnnxBackbone(path, undefined)).rejects.toThrow(
      /cut off or no ONNX file|can't be loaded/,
    );
  });
});

it('pictures are taken 32 at once, and fewer where that many of their size would fill the memory', () => {
  expect([32, 224, 800, 2048, 8192].map((side) => picturesAtOnce(3 * side ** 2))).toEqual([32, 32, 32, 5, 1]);
});

describe('weights in a file beside the model', () => {
  it('make two models of one graph two, each with its own features', async () => {
    const [a, b] = await Promise.all(
      ['a', 'b'].map((name) => openOnnxBackbone(join(fixtures, `beside-${name}`, 'model.onnx'), undefined)),
    );
    expect(a.checksum).not.toBe(b.checksum);
    const [first, second] = [
      await featuresOf('beside-a/model.onnx'),
      await featuresOf('beside-b/model.onnx'),
    ];
    expect([...first]).not.toEqual([...second]);
  });

  it('are found whatever the working directory', () => {
    const out = join(folder, 'beside.npy');
    const model = join(fixtures, 'beside-a', 'model.onnx');
    const args = ['embed', pictures, '--backbone', model, '--out', out];
    expect(runKit(args).stderr).toBe('');
    expect(readNpy(out).shape).toEqual([5, 8]);
  });

  it('that are missing are named', async () => {
    const copy = join(folder, 'alone');
    mkdirSync(copy, { recursive: true });
    copyFileSync(join(fixtures, 'beside-a', 'model.onnx'), join(copy, 'model.onnx'));
    await expect(openOnnxBackbone(join(copy, 'model.onnx'), undefined)).rejects.toThrow(
      /its weights are in model\.onnx\.data, which is not beside it/,
    );
    cpSync(join(fixtures, 'beside-b'), copy, { recursive: true });
    expect((await openOnnxBackbone(join(copy, 'model.onnx'), undefined)).shape).toEqual([8]);
  });
});
