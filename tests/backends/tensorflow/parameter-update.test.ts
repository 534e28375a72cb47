import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from '../../../src/backends/start-backend.js';
import { nativeEngine } from '../../../src/backends/tensorflow/native-engine.js';
import { updateByAdam, updateByMomentum } from '../../../src/backends/tensorflow/parameter-update.js';
import { SeededRandom } from '../../../src/seeded-random.js';
import { Optimizer, type OptimizerOptions } from '../../../src/training/optimizer.js';

const SHAPES = [[3, 3, 2, 5], [5], [40, 7], [1]];
const STEPS = 20;

function filled(shape: number[], seed: string): tf.Tensor {
  const random = new SeededRandom(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  );
}

const parameters = () =>
  SHAPES.map((shape, i) => ({
    name: `${i}`,
    variable: tf.tidy(() => tf.variable(filled(shape, `values ${i}`))),
    learningRateFactor: 1,
  }));
const gradientsOf = (step: number) => SHAPES.map((shape, i) => filled(shape, `gradient ${i}, step ${step}`));

/** What the host's loop makes of it. */
function expected(options: OptimizerOptions): number[][] {
  return tf.tidy(() => {
    const own = parameters();
    const optimizer = new Optimizer(own, options);
    for (let step = 0; step < STEPS; step++) {
      const gradients = gradientsOf(step);
      optimizer.apply(
        Object.fromEntries(own.map(({ variable }, i) => [variable.name, gradients[i]])),
        step,
        STEPS,
      );
    }
    const values = own.map(({ variable }) => Array.from(variable.dataSync()));
    for (const { variable } of own) variable.dispose();
    return values;
  });
}

function expectClose(variables: readonly tf.Variable[], values: number[][]): void {
  for (const [i, variable] of variables.entries()) {
    const scale = Math.max(...values[i].map(Math.abs));
    const worst = Math.max(...Array.from(variable.dataSync(), (value, j) => Math.abs(value - values[i][j])));
    expect(worst / scale).toBeLessThan(1e-6);
  }
}

describe('an update as a few large operations gives the numbers of the host’s loop to 1e-6', () => {
  beforeAll(async () => {
    process.env.KIT_BACKEND = nativeEngine() === undefined ? 'wasm' : 'tensorflow-cpu';
    await startBackend({ threads: 1 });
  });
  const size = SHAPES.reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0);
  const moment = () => tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([size])));

  it('by Adam with decoupled weight decay', () => {
    const [learningRate, weightDecay] = [0.01, 0.1];
    const tensors = tf.memory().numTensors;
    const values = expected({ name: 'adam', learningRate, weightDecay, schedule: 'constant' });
    const variables = parameters().map(({ variable }) => variable);
    const [first, second] = [moment(), moment()];
    const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
    for (let step = 0; step < STEPS; step++) {
      tf.tidy(() => {
        const t = step + 1;
        const rates = tf.tensor1d([
          learningRate / (1 - beta1 ** t),
          1 / Math.sqrt(1 - beta2 ** t),
          1 - learningRate * weightDecay,
        ]);
        updateByAdam(
          { variables, gradients: gradientsOf(step), first, second, rates },
          { beta1, beta2, epsilon },
        );
      });
    }
    expectClose(variables, values);
    tf.dispose([...variables, first, second]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('by SGD with momentum and an L2 penalty', () => {
    const [learningRate, momentum, weightDecay] = [0.01, 0.9, 0.05];
    const tensors = tf.memory().numTensors;
    const values = expected({ name: 'sgd', learningRate, momentum, weightDecay, schedule: 'constant' });
    const variables = parameters().map(({ variable }) => variable);
    const velocity = moment();
    for (let step = 0; step < STEPS; step++) {
      tf.tidy(() => {
        const rates = tf.tensor1d([learningRate, momentum, weightDecay]);
        updateByMomentum({ variables, gradients: gradientsOf(step), velocity, rates });
      });
    }
    expectClose(variables, values);
    tf.dispose([...variables, velocity]);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
