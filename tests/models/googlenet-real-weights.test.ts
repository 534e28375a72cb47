import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as onnx from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { dataDirectory } from '../../src/datasets/data-directory.js';
import { caffePreprocessing } from '../../src/features/caffe-preprocessing.js';
import { writePreprocessed } from '../../src/features/preprocessing.js';
import { loadCub200Crops, nPairAngularLoss, startBackend } from '../../src/index.js';
import { googlenet } from '../../src/models/googlenet.js';
import { googlenetEmbedding } from '../../src/models/googlenet-embedding.js';
import { onnxNetwork } from '../../src/models/onnx-network.js';
import { readWeights } from '../../src/models/read-weights.js';
import { tensorNetwork } from '../../src/models/tensor-network.js';
import { SeededRandom } from '../../src/seeded-random.js';
import type { ImageSet } from '../../src/types/image-set.js';

/** Classes of CUB that ImageNet has too, and the word by which ImageNet names them. */
const SHARED: Readonly<Record<string, string>> = {
  Indigo_Bunting: 'indigo bunting',
  European_Goldfinch: 'goldfinch',
  Blue_Jay: 'jay',
  Red_breasted_Merganser: 'red-breasted merganser',
  Brown_Pelican: 'pelican',
  Ruby_throated_Hummingbird: 'hummingbird',
};
const OF_EACH = 5;
const SIDE = 224;
const CLASSIFIER = 'loss3/classifier';

const folder = join(dataDirectory(), 'googlenet');
const present = ['googlenet/weights', 'googlenet/synset_words.txt', 'cub-crops'].every((path) =>
  existsSync(join(dataDirectory(), path)),
);

async function planesOf(birds: ImageSet, items: readonly number[]): Promise<Float32Array> {
  const planes = new Float32Array(items.length * 3 * SIDE * SIDE);
  for (const [i, item] of items.entries()) {
    const into = planes.subarray(i * 3 * SIDE * SIDE, (i + 1) * 3 * SIDE * SIDE);
    await writePreprocessed(await birds.read(item), 'whole', '', caffePreprocessing(SIDE, 'whole'), into);
  }
  return planes;
}

describe('GoogLeNet with its real weights', () => {
  it.skipIf(!present)(
    'names birds that ImageNet knows, 9 of 10 right, the same in both forms (needs KIT_DATA)',
    { timeout: 120_000 },
    async () => {
      await startBackend({ threads: 1 });
      const birds = await loadCub200Crops();
      const names = readFileSync(join(folder, 'synset_words.txt'), 'utf8').trim().split('\n');
      const isNamed = (line: string, word: string) => line.slice(10).split(', ').includes(word);
      const chosen = Object.entries(SHARED).flatMap(([className, word]) => {
        const label = birds.classNames.findIndex((name) => name.endsWith(className));
        const items = [...birds.items.keys()].filter((i) => birds.items[i].label === label);
        return items.slice(0, OF_EACH).map((item) => ({ item, word }));
      });
      expect(chosen.length).toBe(OF_EACH * Object.keys(SHARED).length);
      const planes = await planesOf(
        birds,
        chosen.map(({ item }) => item),
      );
      const { layers } = readWeights(googlenet, join(folder, 'weights'));
      const session = await onnx.InferenceSession.create(onnxNetwork(googlenet, layers, [CLASSIFIER]));
      const shape = [chosen.length, 3, SIDE, SIDE] as const;
      const plain = await session.run({ data: new onnx.Tensor('float32', planes, shape) });
      const model = tensorNetwork(googlenet, layers, { from: 'data', to: [CLASSIFIER] });
      const trained = tf.tidy(() =>
        model
          .run(tf.tensor4d(planes, [...shape]).transpose([0, 2, 3, 1]))[0]
          .dataSync<'float32'>()
          .slice(),
      );
      model.dispose();
      const largest = (scores: Float32Array, i: number) => {
        const row = scores.subarray(i * names.length, (i + 1) * names.length);
        return row.indexOf(Math.max(...row));
      };
      const found = chosen.map((_, i) => largest(plain[CLASSIFIER].data as Float32Array, i));
      expect(chosen.map((_, i) => largest(trained, i))).toEqual(found);
      const right = found.filter((at, i) => isNamed(names[at], chosen[i].word)).length;
      expect(right / chosen.length).toBeGreaterThanOrEqual(0.9);
    },
  );

  it.skipIf(!present)(
    'has from 5a on the gradient of finite differences, at the largest of each layer, to 1% (needs KIT_DATA)',
    { timeout: 120_000 },
    async () => {
      await startBackend({ threads: 1 });
      const birds = await loadCub200Crops();
      const labels = [0, 0, 1, 1, 2, 2, 3, 3];
      const items = labels.map((label, i) => {
        const ofClass = [...birds.items.keys()].filter((item) => birds.items[item].label === label);
        return ofClass[i % 2];
      });
      const { layers } = readWeights(googlenet, join(folder, 'weights'));
      const below = tensorNetwork(googlenet, layers, { from: 'data', to: ['pool4/3x3_s2'] });
      const planes = tf.tensor4d(await planesOf(birds, items), [items.length, 3, SIDE, SIDE]);
      const pool4 = tf.tidy(() => below.run(planes.transpose([0, 2, 3, 1]))[0]);
      const model = await googlenetEmbedding({
        input: 'pool4',
        weights: layers,
        embeddingDimension: 64,
        radius: 1.25,
        dropout: 0,
        sample: () => [pool4.clone()],
        random: new SeededRandom(0),
      });
      const batchLoss = nPairAngularLoss({ alphaDegrees: 45 });
      const loss = () => tf.tidy(() => batchLoss(model.embed(pool4, null), labels));
      const { grads, value } = tf.variableGrads(
        loss,
        model.parameters.map(({ variable }) => variable),
      );
      expect(model.parameters.length).toBe(25);
      for (const { variable, name } of model.parameters) {
        const values = variable.dataSync<'float32'>().slice();
        const gradient = grads[variable.name].dataSync<'float32'>();
        const sizes = gradient.map(Math.abs);
        const at = sizes.reduce((best, size, i) => (size > sizes[best] ? i : best), 0);
        const step = Math.min(0.02, 2e-3 / sizes[at]);
        const [more, less] = [step, -step].map((by) => {
          const moved = values.slice();
          moved[at] += by;
          tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
          return tf.tidy(() => loss().dataSync()[0]);
        });
        tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
        expect(Math.abs((more - less) / (2 * step) / gradient[at] - 1), `${name}[${at}]`).toBeLessThan(0.01);
      }
      tf.dispose([planes, pool4, value, grads]);
      model.dispose();
      below.dispose();
    },
  );
});
