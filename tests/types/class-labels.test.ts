import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import * as kit from '../../src/index.js';
import { requireClassLabels } from '../../src/types/class-labels.js';
import { batchLosses } from '../losses/batch-losses.js';

const random = () => new kit.SeededRandom('labels');
const losses: Record<string, kit.BatchLoss> = {
  ...batchLosses,
  'proxy-nca': kit.proxyNcaLoss({ classes: [0, 1, 2, 3], dimension: 4, random: random() }),
  'proxy anchor': kit.proxyAnchorLoss({ classes: [0, 1, 2, 3], dimension: 4, random: random() }),
};
const embeddings = tf.randomNormal<tf.Rank.R2>([8, 4], 0, 1, 'float32', 7);
const right = [0, 0, 1, 1, 2, 2, 3, 3];
const wrong: [string, unknown, RegExp][] = [
  [
    'a tensor',
    tf.tensor1d(right, 'int32'),
    /found a tensor\. Give its values: Array\.from\(labels\.dataSync\(\)\)/,
  ],
  [
    'a column',
    right.map((label) => [label]),
    /row 0 is an array of 1\. Flatten the column: labels\.flat\(\)/,
  ],
  [
    'one-hot rows',
    right.map((label) => [0, 1, 2, 3].map((i) => Number(i === label))),
    /array of 4\. If they are one-hot/,
  ],
  ['too few', right.slice(2), /found 6 labels for 8 rows/],
  ['too many', [...right, 0, 0], /found 10 labels for 8 rows/],
  ['fractions', right.map((label) => label + 0.5), /row 0 is 0\.5/],
  ['NaN', [Number.NaN, ...right.slice(1)], /row 0 is NaN/],
  ['words', right.map((label) => `c${label}`), /row 0 is the text "c0"\. Number the classes first/],
  ['BigInts', BigInt64Array.from(right, BigInt), /row 0 is a BigInt\. Convert it/],
  ['nothing', undefined, /found undefined/],
];
const as = (labels: unknown) => labels as ArrayLike<number>;

describe.each(Object.keys(losses))('%s', (name) => {
  it.each(wrong)('refuses labels that are %s, in a sentence, and keeps no tensor', (_, labels, message) => {
    const before = tf.memory().numTensors;
    expect(() => losses[name](embeddings, as(labels))).toThrow(kit.KitError);
    expect(() => losses[name](embeddings, as(labels))).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes arrays and typed arrays, and refuses embeddings that are no [n, d]', () => {
    const [plain, typed] = [right, Int32Array.from(right)].map((labels) =>
      tf.tidy(() => losses[name](embeddings, labels).dataSync()[0]),
    );
    expect(typed).toBe(plain);
    const column = embeddings.reshape([8, 4, 1]) as unknown as tf.Tensor2D;
    expect(() => losses[name](column, right)).toThrow(
      /tensor of shape \[n, d\]; found a tensor of shape \[8,4,1\]/,
    );
  });

  it('refuses an empty batch, and takes one of a single row or says that it wants pairs', () => {
    for (const shape of [[0, 4] as const, [2, 0] as const])
      expect(() => losses[name](tf.zeros([...shape]), [0, 1].slice(0, shape[0]))).toThrow(
        /The batch is empty/,
      );
    const loss = () => tf.tidy(() => losses[name](embeddings.slice([0, 0], [1, 4]), [0]).dataSync()[0]);
    if (/^(angular|n-pair|n-pair & angular)$/.test(name)) expect(loss).toThrow(/an odd number/);
    else if (!name.startsWith('proxy')) expect(loss()).toBe(0);
    else expect(loss()).not.toBeNaN();
  });
});

describe.each(wrong.filter(([what]) => what !== 'nothing'))('labels that are %s', (_, labels, message) => {
  const table = {
    vectors: Float32Array.from(embeddings.dataSync()),
    dimension: 4,
    labels: labels as Int32Array,
  };

  it('are refused by every miner', () => {
    const miners = [
      () => kit.batchHardTriplets(table),
      () => kit.allTriplets(table),
      () => kit.hardTriplets(table),
      () => kit.semiHardTriplets(table),
      () => kit.angularTriplets(table),
      () => kit.distanceWeightedTriplets(table, { random: random() }),
      () => kit.multiSimilarityPairs(table),
    ];
    for (const mine of miners) expect(mine).toThrow(message);
  });

  it('are refused by every metric', async () => {
    for (const score of [
      kit.recallAtK(table, [1]),
      kit.meanAveragePrecisionAtR(table),
      kit.rPrecision(table),
      kit.nearestNeighbours(table, 1),
    ])
      await expect(score).rejects.toThrow(kit.KitError);
    for (const score of [kit.normalizedMutualInformation, kit.adjustedMutualInformation, kit.pairwiseF1])
      expect(() => score(right, as(labels))).toThrow(kit.KitError);
  });
});

const plain: Record<string, (points: number[][], labels: number[]) => unknown> = {
  angular: kit.reference.angular,
  contrastive: kit.reference.contrastive,
  liftedStructure: kit.reference.liftedStructure,
  margin: kit.reference.margin,
  multiSimilarity: kit.reference.multiSimilarity,
  nPair: kit.reference.nPair,
  nPairAngular: kit.reference.nPairAngular,
  triplet: kit.reference.triplet,
  proxyAnchor: (points, labels) =>
    kit.reference.proxyAnchor(points, labels, { classes: [0, 1, 2, 3], proxies: points.slice(0, 4) }),
  proxyNca: (points, labels) =>
    kit.reference.proxyNca(points, labels, { classes: [0, 1, 2, 3], proxies: points.slice(0, 4) }),
};

describe.each(Object.keys(plain))('the plain loss %s', (name) => {
  const points = embeddings.arraySync();

  it.each(wrong)('refuses labels that are %s as its twin does', (_, labels, message) => {
    expect(() => plain[name](points, labels as number[])).toThrow(message);
    expect(plain[name](points, right)).toMatchObject({ loss: expect.any(Number) });
  });

  it.each<[string, unknown, RegExp]>([
    ['a tensor', embeddings, /found a tensor: give tensor\.arraySync\(\)/],
    ['rows of two lengths', points.map((row, i) => row.slice(i)), /row 1 has 3 numbers, row 0 has 4/],
    ['numbers without rows', points.flat(), /row 0 is number/],
    ['NaN', points.map((row, i) => (i === 2 ? [Number.NaN, 0, 0, 0] : row)), /row 2 holds NaN/],
  ])('refuses points that are %s', (_, given, message) => {
    expect(() => plain[name](given as number[][], right)).toThrow(message);
  });
});

describe('a loss of given triplets refuses points of two shapes', () => {
  it.each([
    ['angular', kit.angularHingeLoss()],
    ['triplet', kit.tripletHingeLoss()],
  ])('%s', (_, loss) => {
    const two = embeddings.slice(0, 2);
    expect(() => loss(embeddings, embeddings, two)).toThrow(
      /three tensors of one shape \[n, d\], a triplet a row; found \[8,4\], \[8,4\], \[2,4\]/,
    );
    expect(() => loss(embeddings, embeddings, right as unknown as tf.Tensor2D)).toThrow(/found .*no tensor/);
    expect(() => kit.reference.tripletHinge([1, 2], [1, 2], [1], 0.2)).toThrow(/row 2 has 1 numbers/);
  });
});

describe('a missing array', () => {
  it.each([null, 7, 'abc', {}])('%j is refused', (labels) => {
    expect(() => requireClassLabels(labels)).toThrow(kit.KitError);
  });
});

describe('an α that hardly anyone means', () => {
  const warningsOf = (...alphas: number[]) =>
    spawnSync(
      process.execPath,
      [
        '-e',
        `const k = require(${JSON.stringify(resolve('dist/index.js'))}); for (const a of [${alphas}]) k.angularLoss({ alphaDegrees: a });`,
      ],
      { encoding: 'utf8' },
    ).stderr;

  it('is warned of once a process: radians, and the 4 to 15 of code on the web', () => {
    expect(warningsOf(0.785, 0.5)).toMatch(/alphaDegrees is 0\.785: that looks like radians.*45\.0 degrees/);
    expect(warningsOf(0.785, 0.5).match(/AngularLossWarning/g)).toHaveLength(1);
    expect(warningsOf(10)).toMatch(/alphaDegrees is 10: in degrees the paper uses 36 to 55/);
  });

  it('is no warning at the angles of the paper, nor between', () => {
    expect(warningsOf(2, 3, 16, 30, 36, 45, 55, 89)).toBe('');
  });
});
