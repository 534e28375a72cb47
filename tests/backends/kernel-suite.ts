import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, it } from 'vitest';
import { startBackend } from '../../src/backends/start-backend.js';
import { evaluateCases, kernelCases } from './kernel-cases.js';

/** Gradients are registered for a whole process: one backend a test file. */
export async function describeKernels(name: 'wasm' | 'wasm-onnxruntime' | 'tensorflow-cpu'): Promise<void> {
  // The reference numbers come first, on the untouched `cpu` backend, and only then is ours started.
  await tf.setBackend('cpu');
  const cases = kernelCases(name);
  const expected = evaluateCases(cases);
  process.env.KIT_BACKEND = name;
  const backend = await startBackend({ threads: 1 });
  const actual = evaluateCases(cases);
  afterAll(() => {
    delete process.env.KIT_BACKEND;
  });

  it(`run on ${name}`, () => {
    expect(backend.name).toBe(name);
    expect(tf.getBackend()).toBe(name.split('-')[0]);
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
    tf.tidy(() => void evaluateCases(cases));
    expect(tf.memory().numTensors).toBe(before);
  });
}
