import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareData } from '../../src/cli/progress.js';
import { runAll } from '../../src/experiments/run-pool.js';
import {
  type BackendDescription,
  parseRunSpec,
  runExperiment,
  SeededRandom,
  startBackend,
} from '../../src/index.js';
import { pictureBatch } from '../../src/training/augmentation.js';
import { loadCheckpoint, saveCheckpoint } from '../../src/training/checkpoint.js';
import { Optimizer, scheduleFactor } from '../../src/training/optimizer.js';
import { makePictureFolder, smallSpec, temporaryFolder } from '../picture-folder.js';

let backend: BackendDescription;
let folder: string;

beforeAll(async () => {
  backend = await startBackend({ threads: 1 });
  folder = await makePictureFolder();
});

describe('training', () => {
  it('leaves as many tensors as it found, and a flat memory over its steps', async () => {
    const spec = parseRunSpec(smallSpec(folder, { steps: 40, validateEvery: 20 }), 'test');
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    await runExperiment(spec, { backend, onProgress: () => counts.push(tf.memory().numTensors) });
    expect(tf.memory().numTensors).toBe(before);
    // The first step makes what all others use again.
    expect(new Set(counts.slice(1)).size).toBe(1);
  });

  it('learns classes that colour tells apart', async () => {
    const spec = parseRunSpec(smallSpec(folder, { steps: 60, validateEvery: 60 }), 'test');
    const { curve } = await runExperiment(spec, { backend });
    expect(curve[1].loss as number).toBeLessThan(5);
    expect(curve[1].trainingRecallAt1).toBeGreaterThan(0.8);
  });

  it('says that the loss is no longer a number, at which step and what to do', async () => {
    const changes = {
      validateEvery: 10,
      optimizer: { name: 'sgd', learningRate: 1e30, momentum: 0.9, weightDecay: 0, schedule: 'constant' },
      model: { name: 'small-convnet', channels: [4], embeddingDimension: 8, radius: null },
    };
    const spec = parseRunSpec(smallSpec(folder, changes), 'test');
    await expect(runExperiment(spec, { backend })).rejects.toThrow(
      /The loss became .* between steps 1 and 10\. Lower the learning rate/,
    );
    const atOnce = { ...changes, steps: 1, validateEvery: 1 };
    await expect(runExperiment(parseRunSpec(smallSpec(folder, atOnce), 'test'), { backend })).rejects.toThrow(
      /Embeddings are no longer finite numbers after step 1\. Lower the learning rate/,
    );
  });

  it('goes on from a checkpoint of the same code, backend and data only', () => {
    const path = join(temporaryFolder(), 'run.checkpoint');
    const nothing = {
      parameters: [],
      statistics: [],
      remembered: [],
      moments: [],
      curve: [],
      trainingSeconds: 0,
      lossSum: 0,
      lossCount: 0,
    };
    saveCheckpoint(path, { origin: 'wasm', step: 3, ...nothing, best: { step: 0, ...nothing } });
    expect(loadCheckpoint(path, 'wasm')?.step).toBe(3);
    expect(loadCheckpoint(path, 'tensorflow-cpu')).toBe(null);
    expect(loadCheckpoint(path, 'wasm')).toBe(null);
  });

  it('ends before its first worker starts when it was stopped meanwhile', async () => {
    const spec = parseRunSpec(smallSpec(folder), 'test');
    const results = join(temporaryFolder(), 'results');
    const signal = AbortSignal.abort();
    await expect(prepareData([spec], [], signal)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(runAll([spec], { results, signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(results)).toBe(false);
  });
});

describe('a pool of workers', () => {
  it('asks for no more runs, and calls none failed, once one fault ends it', async () => {
    const broken = {
      ...smallSpec(folder),
      dataset: { name: 'image-folder', directory: join(folder, 'gone'), size: 16 },
    };
    const specs = [0, 1, 2].map((seed) => parseRunSpec({ ...broken, seed }, 'test'));
    const waiting = [...specs];
    const failed: unknown[] = [];
    // Its workers are processes: of the built code.
    const built: { runAll: typeof runAll } = require(resolve('dist/experiments/run-pool.js'));
    await expect(
      built.runAll(specs, {
        results: join(temporaryFolder(), 'results'),
        workers: 2,
        queue: { next: async () => waiting.shift() },
        onFailed: (spec) => failed.push(spec),
      }),
    ).rejects.toMatchObject({ code: 'dataset-missing' });
    await new Promise((done) => setTimeout(done, 500));
    expect(failed).toEqual([]);
  });
});

describe('the optimizer', () => {
  const apply = (options: ConstructorParameters<typeof Optimizer>[1], gradients: number[]) =>
    tf.tidy(() => {
      const variable = tf.variable(tf.tensor([1]), true, `weight ${Math.random()}`);
      const optimizer = new Optimizer([{ name: 'weight', variable, learningRateFactor: 1 }], options);
      for (const [step, gradient] of gradients.entries()) {
        optimizer.apply({ [variable.name]: tf.tensor1d([gradient]) }, step, gradients.length);
      }
      const value = variable.dataSync()[0];
      variable.dispose();
      return value;
    });

  // v = 2, 0.9·2 + 1 = 2.8: 1 − 0.1·2 − 0.1·2.8 = 0.52.
  it('SGD with momentum 0.9 moves 1 by gradients 2 and 1 at rate 0.1 to 0.52', () => {
    expect(
      apply({ name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0, schedule: 'constant' }, [2, 1]),
    ).toBeCloseTo(0.52, 6);
  });

  // The first step of Adam moves by the learning rate whatever the gradient.
  it('Adam moves by its learning rate in the first step, and weight decay takes its share', () => {
    expect(apply({ name: 'adam', learningRate: 0.1, weightDecay: 0, schedule: 'constant' }, [7])).toBeCloseTo(
      0.9,
      6,
    );
    expect(
      apply({ name: 'adam', learningRate: 0.1, weightDecay: 0.5, schedule: 'constant' }, [7]),
    ).toBeCloseTo(0.85, 6);
  });

  it('equals tfjs’s own Adam over twenty steps', () => {
    const gradients = Array.from({ length: 20 }, (_, i) => Math.sin(3 * i) + 0.2);
    const expected = tf.tidy(() => {
      const weight = tf.variable(tf.tensor([1]), true, 'their weight');
      const theirs = tf.train.adam(0.01, 0.9, 0.999, 1e-8);
      for (const gradient of gradients)
        theirs.applyGradients([{ name: 'their weight', tensor: tf.tensor1d([gradient]) }]);
      const value = weight.dataSync()[0];
      weight.dispose();
      theirs.dispose();
      return value;
    });
    expect(
      apply({ name: 'adam', learningRate: 0.01, weightDecay: 0, schedule: 'constant' }, gradients),
    ).toBeCloseTo(expected, 5);
  });

  it('on a cosine schedule starts at the full rate, is at half in the middle and ends near zero', () => {
    expect([0, 50, 100].map((step) => scheduleFactor('cosine', step, 100))).toEqual([
      1,
      expect.closeTo(0.5, 10),
      expect.closeTo(0, 10),
    ]);
  });
});

describe('augmentation', () => {
  const size = 8;
  const random = new SeededRandom('picture');
  const pictures = {
    size,
    pixels: Uint8Array.from({ length: 2 * size * size * 3 }, () => random.integer(256)),
  };
  const none = { shift: 0, flip: false, rotateDegrees: 0, zoom: 0, colour: 0 };

  it('of no strength leaves pictures as they are, scaled to [−1, 1]', () => {
    const plain = pictureBatch(pictures, [1], none, null);
    expect(plain[0]).toBeCloseTo(pictures.pixels[size * size * 3] / 127.5 - 1, 6);
    const augmented = pictureBatch(pictures, [1], none, new SeededRandom(0));
    for (const [i, value] of augmented.entries()) expect(value).toBeCloseTo(plain[i], 5);
  });

  it('mirrors about half of the pictures left to right, whole', () => {
    const plain = pictureBatch(pictures, [0], none, null);
    const mirrored = Float32Array.from(
      plain,
      (_, i) =>
        plain[(Math.floor(i / (3 * size)) * size + size - 1 - (Math.floor(i / 3) % size)) * 3 + (i % 3)],
    );
    let flipped = 0;
    for (let seed = 0; seed < 40; seed++) {
      const batch = pictureBatch(pictures, [0], { ...none, flip: true }, new SeededRandom(seed));
      const equals = (other: Float32Array) => batch.every((value, i) => Math.abs(value - other[i]) < 1e-5);
      expect(equals(plain) || equals(mirrored)).toBe(true);
      if (equals(mirrored)) flipped++;
    }
    expect(flipped).toBeGreaterThan(10);
    expect(flipped).toBeLessThan(30);
  });
});
