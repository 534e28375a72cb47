import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { deviceStep } from '../../src/backends/device-step.js';

describe('a device step where nothing is recorded', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('carries the body out each time, keeps its outputs until the next run, and no tensor after dispose', async () => {
    const before = tf.memory().numTensors;
    let calls = 0;
    const step = deviceStep({
      rows: 1,
      inputs: [
        { shape: [2], dtype: 'float32' },
        { shape: [2], dtype: 'int32' },
      ],
      body: ([x, n]) => {
        calls++;
        return [x.mul(n), x.sum()];
      },
    });
    expect(step.plannedBytes()).toBeNull();
    const [product, sum] = await step.run([new Float32Array([1.5, 2]), new Int32Array([2, 3])]);
    expect([...product.dataSync(), ...sum.dataSync()]).toEqual([3, 6, 3.5]);
    const [again] = await step.run([new Float32Array([1, 1]), new Int32Array([7, 8])]);
    expect([...again.dataSync()]).toEqual([7, 8]);
    expect(product.isDisposed).toBe(true);
    expect(calls).toBe(2);
    expect(tf.memory().numTensors).toBe(before + 2);
    step.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says which input is of another size or kind, and refuses a body that hands one back', async () => {
    const before = tf.memory().numTensors;
    const step = deviceStep({ rows: 1, inputs: [{ shape: [2, 2], dtype: 'int32' }], body: ([x]) => [x] });
    await expect(step.run([])).rejects.toThrow('takes 1 inputs; it was given 0');
    await expect(step.run([new Int32Array(3)])).rejects.toThrow(
      'Int32Array of 4 values ([2, 2]); it was given 3',
    );
    await expect(step.run([new Float32Array(4)])).rejects.toThrow('in a Float32Array');
    await expect(step.run([new Int32Array(4)])).rejects.toThrow('hands back an input');
    step.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names the operations that took its time', async () => {
    const step = deviceStep({
      rows: 1,
      inputs: [{ shape: [3], dtype: 'float32' }],
      body: ([x]) => [x.exp().exp().sum()],
    });
    const times = await step.profile([new Float32Array([1, 2, 3])]);
    expect(Object.fromEntries(times.map(({ name, calls }) => [name, calls]))).toMatchObject({
      Exp: 2,
      Sum: 1,
    });
    step.dispose();
  });
});
