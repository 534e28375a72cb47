import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import { startBackend } from '../../src/runtime/backend.js';
import { evaluateCases } from './wasm-cases.js';

// Gradients are registered for a whole process, so the reference numbers come first, on the untouched `cpu`
// backend, and only then is ours started.
describe('the wasm training kernels', async () => {
  await tf.setBackend('cpu');
  const expected = evaluateCases();
  process.env.KIT_BACKEND = 'wasm';
  const backend = await startBackend({ threads: 1 });
  const actual = evaluateCases();
  afterAll(() => {
    delete process.env.KIT_BACKEND;
  });

  it('run on wasm', () => {
    expect(backend.name).toBe('wasm');
    expect(tf.getBackend()).toBe('wasm');
  });

  it.each(Object.keys(expected))(
    '%s equals the cpu backend to 1e-4 of its largest entry, in value and gradients',
    (name) => {
      for (const [i, numbers] of expected[name].entries()) {
        const scale = Math.max(1, ...numbers.map(Math.abs));
        const worst = Math.max(...numbers.map((value, j) => Math.abs(value - actual[name][i][j])));
        expect(actual[name][i].length).toBe(numbers.length);
        expect(worst / scale).toBeLessThan(1e-4);
      }
    },
  );

  it('leave no tensor behind', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => void evaluateCases());
    expect(tf.memory().numTensors).toBe(before);
  });
});
