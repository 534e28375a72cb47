import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ParameterUpdate, parameterUpdate } from '../../../src/backends/parameter-update.js';
import { startBackend } from '../../../src/backends/start-backend.js';
import { nativeEngine } from '../../../src/backends/tensorflow/native-engine.js';
import { vectorUpdate } from '../../../src/backends/tensorflow/parameter-update.js';
import { SeededRandom } from '../../../src/seeded-random.js';

const SHAPES = [[3, 3, 2, 5], [5], [40, 7], [1]];
const GROUPS = [0, 1, 0, 1];

function filled(shape: number[], seed: string): tf.Tensor {
  const random = new SeededRandom(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  );
}

const made = () => SHAPES.map((shape, i) => tf.tidy(() => tf.variable(filled(shape, `values ${i}`))));

function steps(update: ParameterUpdate, from: number, to: number, rates: (step: number) => number[][]): void {
  for (let step = from; step < to; step++) {
    tf.tidy(() =>
      update.apply(
        SHAPES.map((shape, i) => filled(shape, `gradient ${i}, step ${step}`)),
        tf.tensor2d(rates(step)),
      ),
    );
  }
}

/** Of the largest entry: where a value comes to cross zero, its own last digits are the roundings of larger ones. */
function expectClose(actual: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]): void {
  const [found, wanted] = [actual, expected].map((arrays) => arrays.flatMap((array) => Array.from(array)));
  const scale = Math.max(...wanted.map(Math.abs));
  const worst = Math.max(...found.map((value, j) => Math.abs(value - wanted[j])));
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  expect(worst / scale).toBeLessThan(1e-6);
}

describe('an update by long vectors gives the numbers of the host’s loop to 1e-6', () => {
  beforeAll(async () => {
    process.env.KIT_BACKEND = nativeEngine() === undefined ? 'wasm' : 'tensorflow-cpu';
    await startBackend({ threads: 1 });
  });

  const adamRates = (step: number) =>
    [0.01, 0.1].map((rate) => [
      rate / (1 - 0.9 ** (step + 1)),
      1 / Math.sqrt(1 - 0.999 ** (step + 1)),
      rate * 0.1,
    ]);
  const momentumRates = () => [0.01, 0.1].map((rate) => [rate, 0.9, 0.05]);

  it.each([
    ['adam', adamRates],
    ['sgd', momentumRates],
  ] as const)('by %s, with two groups of rates, stopped and resumed', async (rule, rates) => {
    const tensors = tf.memory().numTensors;
    const [own, others] = [made(), made()];
    const host = parameterUpdate({ rule, variables: others, groups: GROUPS });
    steps(host, 0, 20, rates);

    const begun = vectorUpdate({ rule, variables: own, groups: GROUPS });
    steps(begun, 0, 10, rates);
    const moments = await begun.moments();
    begun.dispose();
    const resumed = vectorUpdate({ rule, variables: own, groups: GROUPS });
    resumed.restore(moments);
    steps(resumed, 10, 20, rates);

    expectClose(
      own.map((variable) => variable.dataSync()),
      others.map((variable) => variable.dataSync()),
    );
    expectClose(await resumed.moments(), await host.moments());
    resumed.dispose();
    host.dispose();
    tf.dispose([...own, ...others]);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
