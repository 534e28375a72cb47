import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { makePictureFolder, smallSpec, temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

let folder: string;

beforeAll(async () => {
  folder = await makePictureFolder();
});

function train(spec: unknown, results = join(temporaryFolder(), 'results')) {
  const path = join(temporaryFolder(), 'spec.json');
  writeFileSync(path, typeof spec === 'string' ? spec : JSON.stringify(spec));
  return runKit(['train', path, '--results', results]);
}

describe('a mistake of the user ends with exit code 1, a message and no stack trace:', () => {
  it.each([
    ['a typo in a key', { modell: {} }, /unknown key "modell"; it takes experiment, method, dataset/],
    [
      'a typo deep in the spec',
      { loss: { name: 'triplet', marginn: 1, margin: 1, mining: 'all', distance: 'squared' } },
      /loss: unknown key "marginn"; it takes name, margin, mining, distance/,
    ],
    [
      'α = 95',
      { loss: { name: 'angular', alphaDegrees: 95, negatives: 'other-positives', normalize: 'none' } },
      /loss\.alphaDegrees: α is an angle in degrees and must be smaller than 90.*found 95/,
    ],
    [
      'options of a loss left out',
      { loss: { name: 'angular', alphaDegrees: 30 } },
      /loss\.negatives: .*"other-positives".* \(missing\)\n {2}loss\.normalize: .* \(missing\)/,
    ],
    ['an unknown method', { loss: { name: 'tripplet' } }, /loss\.name: .*/],
    [
      'a batch of more classes than there are',
      { batch: { name: 'n-pair', classes: 40 } },
      /asks for 40 classes, but only 6/,
    ],
    [
      'pictures larger than memory',
      { dataset: { name: 'emoji', size: 100_000 } },
      /dataset\.size: .*512 \(found 100000\)/,
    ],
    [
      'shares of more than all classes',
      { split: { train: 0.9, validation: 0.3, test: 0.3, seed: 0 } },
      /may not exceed 1/,
    ],
    [
      'a folder that is not there',
      { dataset: { name: 'image-folder', directory: '/nowhere', size: 16 } },
      /\/nowhere is not a folder/,
    ],
  ])('%s', (_, changes, message) => {
    const { status, stderr } = train(smallSpec(folder, changes));
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  });

  it('a file that is not JSON', () => {
    expect(train('{ "steps": 1,').stderr).toMatch(/is not JSON/);
    expect(train('null').stderr).toMatch(/is not a valid spec/);
    expect(train({ format: 1, kind: 'features' }).stderr).toMatch(
      /what the kit wrote of features, not of a run/,
    );
  });

  it('an unknown experiment, profile or method', () => {
    expect(runKit(['reproduce', 'emojis']).stderr).toMatch(/There is no experiment file/);
    expect(runKit(['reproduce', '--profile', 'huge']).stderr).toMatch(
      /no profile "huge"; it has smoke, quick, full/,
    );
    expect(runKit(['reproduce', '--only', 'tripplet']).stderr).toMatch(
      /no method "tripplet"; it has "Raw pixels"/,
    );
    expect(runKit(['reproduce', '--seeds', '0']).stderr).toMatch(/whole number/);
    expect(runKit(['reproduce', '--workers', '-1']).stderr).toMatch(/whole number/);
    expect(runKit(['reproduce', '--only', '']).stderr).toMatch(/expected words with commas between them/);
  });

  it('a results folder that can not be written', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const { status, stderr } = train(smallSpec(folder), join(file, 'results'));
    expect(stderr).toMatch(/Could not write .*a part of the path is a file/);
    expect(status).toBe(1);
  });

  it('an unknown backend, or one that is not installed', () => {
    const spec = join(temporaryFolder(), 'spec.json');
    writeFileSync(spec, JSON.stringify(smallSpec(folder)));
    expect(runKit(['train', spec], { KIT_BACKEND: 'cuda' }).stderr).toMatch(
      /KIT_BACKEND is "cuda"; it can be webgpu, tensorflow-gpu/,
    );
  });
});

describe('a folder of pictures is checked before training:', () => {
  function changed(change: (copy: string) => void): string {
    const copy = join(temporaryFolder(), 'pictures');
    for (const c of ['class-00', 'class-01', 'class-02']) {
      mkdirSync(join(copy, c), { recursive: true });
      for (const p of [0, 1]) copyFileSync(join(folder, c, `${p}.png`), join(copy, c, `${p}.png`));
    }
    change(copy);
    return copy;
  }

  it('a broken JPEG is named', async () => {
    const jpeg = await sharp(join(folder, 'class-00', '0.png'))
      .resize(200, 200)
      .jpeg()
      .toBuffer();
    const directory = changed((copy) => {
      const path = join(copy, 'class-01', 'broken.jpg');
      writeFileSync(path, jpeg);
      truncateSync(path, Math.floor(jpeg.length / 2));
    });
    const { status, stderr } = train(smallSpec(directory));
    expect(stderr).toMatch(/class-01\/broken\.jpg .*can't be read as a picture/);
    expect(status).toBe(1);
  });

  it('an empty class and a class with one picture are named', () => {
    expect(train(smallSpec(changed((copy) => mkdirSync(join(copy, 'empty'))))).stderr).toMatch(
      /empty has no picture/,
    );
    const single = changed((copy) => rmSync(join(copy, 'class-02', '1.png')));
    expect(train(smallSpec(single)).stderr).toMatch(
      /class-02 has one picture; an anchor and a positive need two/,
    );
  });

  it('an empty folder is refused', () => {
    expect(train(smallSpec(temporaryFolder())).stderr).toMatch(/holds no folders/);
  });
});

describe('nothing is half-written', () => {
  it('a run that fails leaves no record', () => {
    const results = join(temporaryFolder(), 'results');
    train(smallSpec(folder, { batch: { name: 'n-pair', classes: 40 } }), results);
    expect(() => readFileSync(join(results, 'runs', 'small'))).toThrow();
  });
});
