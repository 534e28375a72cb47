import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readEmbeddings } from '../../src/index.js';
import { googlenet } from '../../src/models/googlenet.js';
import { writeMadeUpWeights } from '../models/made-up-weights.js';
import { temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  writeMadeUpWeights(googlenet, folder);
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder, 'pictures', name), { recursive: true });
    for (let i = 0; i < 2; i++) {
      const picture = sharp({
        create: { width: 20 + i, height: 20, channels: 3, background: name === 'a' ? 'red' : 'navy' },
      });
      await picture.png().toFile(join(folder, 'pictures', name, `${i}.png`));
    }
  }
});

const embed = (...args: string[]) =>
  runKit(['embed', join(folder, 'pictures'), '--out', join(folder, 'out.npy'), ...args], {
    KIT_DATA: folder,
    KIT_CACHE: join(folder, 'cache'),
  });

describe('kit data verify', () => {
  it('says whether the weights of a network are whole', () => {
    const verify = () => runKit(['data', 'verify', 'googlenet'], { KIT_DATA: folder });
    const { stdout, status } = verify();
    expect(stdout).toMatch(
      /weights of googlenet in .*googlenet\/weights: whole\n {2}6,998,552 values of 58 layers/,
    );
    expect(status).toBe(0);
    const bias = join(folder, 'googlenet', 'weights', 'loss3', 'classifier_bias.bin');
    const content = readFileSync(bias);
    writeFileSync(bias, content.subarray(0, 100));
    const damaged = verify();
    writeFileSync(bias, content);
    expect(damaged.stdout).toMatch(
      /weights: damaged\n {2}.*classifier_bias\.bin has 100 bytes; expected 4000/,
    );
    expect(damaged.status).toBe(1);
  });
});

describe('kit embed', () => {
  it('writes features and labels that kit evaluate reads; a second run computes nothing', {
    timeout: 60_000,
  }, async () => {
    const first = await embed();
    expect(first.stderr).not.toMatch(/Error/);
    expect(first.stdout).toMatch(/4 pictures.*1024 numbers each; 4 computed/);
    const table = readEmbeddings(join(folder, 'out.npy'), join(folder, 'out-labels.npy'));
    expect([table.dimension, [...table.labels]]).toEqual([1024, [0, 0, 1, 1]]);
    expect((await embed()).stdout).toMatch(/0 computed/);
  });

  it('names a backbone, a layer, a view, a side and weights that there are not, and ends with 1', {
    timeout: 60_000,
  }, async () => {
    for (const [args, message] of [
      [
        ['--backbone', 'resnet'],
        /--backbone is "resnet"; it can be googlenet, vgg16, the path of an \.onnx file/,
      ],
      [['--layer', 'pool9'], /googlenet has no layer "pool9"; it has conv1, pool1/],
      [['--view', 'left'], /--view is "left"; it can be whole, centre/],
      [['--split', 'test'], /--split is "test"; it can be all\./],
      [['--backbone', 'vgg16'], /The weights of vgg16 are not at/],
    ] as [string[], RegExp][]) {
      const { status, stderr } = await embed(...args);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(status).toBe(1);
    }
  });
});
