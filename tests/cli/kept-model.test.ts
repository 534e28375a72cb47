import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readOnnxFile } from '../../src/backends/onnxruntime/onnx-file.js';
import { googlenet } from '../../src/models/googlenet.js';
import { writeMadeUpWeights } from '../models/made-up-weights.js';
import { makePictureFolder, smallSpec, temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

describe('a trained network that is kept', () => {
  let folder: string;
  let record: string;
  let model: string;
  beforeAll(async () => {
    folder = temporaryFolder();
    const spec = join(folder, 'spec.json');
    writeFileSync(spec, JSON.stringify(smallSpec(await makePictureFolder())));
    const trained = runKit(['train', spec, '--keep', '--results', join(folder, 'results')]);
    expect(trained.stderr).toBe('');
    record = /^\S+\.json$/m.exec(trained.stdout)?.[0] as string;
    model = join(folder, 'model.onnx');
  });

  it('is exported as one ONNX file that says what it was trained on, equal to the run to 1e-4', async () => {
    const { status, stdout, stderr } = runKit(['model', 'export', record, '--out', model]);
    expect([stderr, status]).toEqual(['', 0]);
    expect(Number(/largest difference (\S+) of/.exec(stdout)?.[1])).toBeLessThan(1e-4);
    const { metadata } = readOnnxFile(model);
    expect(metadata['angular-loss-kit.run']).toBe(JSON.parse(readFileSync(record, 'utf8')).id);
    expect(JSON.parse(metadata['angular-loss-kit.trained-classes'])).toHaveLength(6);
    expect(metadata['angular-loss-kit.input']).toMatch(/\[n, 3, 16, 16\], red, green, blue, 0 to 255/);
  });

  it('gives through kit embed and kit evaluate the scores of its run', () => {
    const out = join(folder, 'embeddings.npy');
    expect(runKit(['embed', record, '--backbone', model, '--out', out]).stderr).toBe('');
    const scores = join(folder, 'scores.json');
    runKit(['evaluate', out, '--labels', out.replace('.npy', '-labels.npy'), '--ks', '1,2', '--out', scores]);
    const { metrics } = JSON.parse(readFileSync(scores, 'utf8'));
    const own = JSON.parse(readFileSync(record, 'utf8')).metrics;
    expect(metrics.recallAtK).toEqual(own.recallAtK);
    for (const name of ['meanAveragePrecisionAtR', 'rPrecision', 'normalizedMutualInformation'])
      expect(metrics[name]).toBeCloseTo(own[name], 6);
  });

  it('is of the kit: raw pixels have none, and a head on an ONNX file is said to be none', () => {
    const keep = (model: object) => {
      const spec = join(folder, 'other.json');
      const changes = {
        model,
        augmentation: { shift: 0, flip: false, rotateDegrees: 0, zoom: 0, colour: 0 },
      };
      writeFileSync(spec, JSON.stringify(smallSpec(join(folder, 'pictures'), changes)));
      return runKit(['train', spec, '--keep', '--results', join(folder, 'none')]).stderr;
    };
    expect(keep({ name: 'raw-pixels' })).toMatch(/raw-pixels has no trained network to keep/);
    const file = resolve('tests', 'features', 'fixtures', 'onnx', 'plain.onnx');
    const head = { embeddingDimension: 4, radius: 1, dropout: 0, view: 'centre', randomViews: 0 };
    expect(keep({ name: 'onnx', file, ...head })).toMatch(
      /takes the kit's own networks.* a head on .*plain\.onnx/,
    );
  });

  it('that was not kept, or differs from the run, is not exported', () => {
    const kept = join(
      folder,
      'results',
      'models',
      'small',
      `${JSON.parse(readFileSync(record, 'utf8')).id}.onnx`,
    );
    const bytes = readFileSync(kept);
    const weights = Buffer.from(bytes);
    // Among the weights of the last layer, at the end of the constants.
    const at = weights.lastIndexOf('embedding/weights');
    for (let i = 40; i < 200; i += 4) weights.writeFloatLE(0.5, at + i);
    writeFileSync(kept, weights);
    const out = join(folder, 'damaged.onnx');
    expect(runKit(['model', 'export', record, '--out', out]).status).toBe(1);
    rmSync(kept);
    const { status, stderr } = runKit(['model', 'export', record, '--out', out]);
    expect(stderr).toMatch(/was not kept: there is no .*--keep --force/);
    expect(status).toBe(1);
    expect(existsSync(out)).toBe(false);
    writeFileSync(kept, bytes);
  });
});

describe('a network trained from its upper blocks on, on maps that are kept in float16', () => {
  it('is checked with the maps rounded as the run saw them, and says what the rounding does', {
    timeout: 300_000,
  }, async () => {
    const folder = temporaryFolder();
    writeMadeUpWeights(googlenet, folder);
    const environment = { KIT_DATA: folder, KIT_CACHE: join(folder, 'cache') };
    const spec = smallSpec(await makePictureFolder(6, 2, 24), {
      split: { train: 0.34, validation: 0.33, test: 0.33, seed: 0 },
      model: {
        name: 'googlenet',
        trains: 'from-5a',
        view: 'whole',
        randomViews: 0,
        embeddingDimension: 8,
        radius: 1,
        dropout: 0,
      },
      batch: { name: 'n-pair', classes: 2 },
      augmentation: { shift: 0, flip: false, rotateDegrees: 0, zoom: 0, colour: 0 },
      steps: 1,
      evaluation: { ks: [1], kMeansRestarts: 1, test: 'read-once' },
    });
    const file = join(folder, 'spec.json');
    writeFileSync(file, JSON.stringify(spec));
    const trained = runKit(['train', file, '--keep', '--results', join(folder, 'results')], environment);
    expect(trained.stderr).toBe('');
    const record = /^\S+\.json$/m.exec(trained.stdout)?.[0] as string;
    const out = join(folder, 'model.onnx');
    const { stdout, stderr } = runKit(['model', 'export', record, '--out', out], environment);
    expect(stderr).toBe('');
    const [, difference, rounding] =
      /largest difference (\S+) of .* maps of pool4\/3x3_s2 rounded to float16 .* moves embeddings by (\S+) of/.exec(
        stdout,
      ) as RegExpExecArray;
    expect(Number(difference)).toBeLessThan(1e-5);
    expect(Number(rounding)).toBeGreaterThan(2 * Number(difference));
    expect(readOnnxFile(out).metadata['angular-loss-kit.check']).toContain(rounding);
  });
});
