import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startBackend } from '../../../src/backends/start-backend.js';
import type { WasmBackend } from '../../../src/backends/wasm/kernels/wasm-backend.js';
import { loadExperimentData } from '../../../src/experiments/experiment-data.js';
import { runExperiment } from '../../../src/experiments/run-experiment.js';
import { parseRunSpec } from '../../../src/experiments/run-spec.js';
import * as kit from '../../../src/index.js';
import { batchLosses } from '../../losses/batch-losses.js';
import { makePictureFolder, smallSpec } from '../../picture-folder.js';

let backend: WasmBackend & { readonly dataIdMap: Map<object, { readonly memoryOffset: number }> };
beforeAll(async () => {
  vi.stubEnv('KIT_BACKEND', 'wasm');
  expect((await startBackend({ threads: 1 })).name).toBe('wasm');
  backend = tf.backend() as never;
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const held = () => [tf.memory().numTensors, tf.memory().numDataBuffers];

/** Lets the allocation of this number fail. @returns whether it came to that */
async function failingAt(count: number, run: () => unknown): Promise<boolean> {
  const { wasm } = backend;
  const { _malloc: allocate } = wasm;
  let left = count;
  wasm._malloc = (bytes) => {
    left--;
    return allocate(left === 0 ? 2 ** 32 : bytes);
  };
  try {
    await run();
  } catch (error) {
    if ((error as kit.KitError).code !== 'out-of-memory') throw error;
    return true;
  } finally {
    wasm._malloc = allocate;
  }
  expect(left).toBeGreaterThan(0);
  return false;
}

/** Fails at the first allocation, the second, … until all succeed. @returns how many there were */
async function failingAtEach(run: () => unknown, stride = 1): Promise<number> {
  let count = 1;
  while (await failingAt(count, run)) count += stride;
  return count;
}

const labels = Array.from({ length: 12 }, (_, i) => Math.floor(i / 2));

describe('where memory ends in the middle of', { timeout: 120_000 }, () => {
  it.each(Object.keys(batchLosses))(
    '%s, nothing stays allocated and the batch can be taken again',
    async (name) => {
      const embeddings = tf.randomNormal<tf.Rank.R2>([12, 4], 0, 1, 'float32', 7);
      const run = () => {
        const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
          batchLosses[name](x as tf.Tensor2D, labels),
        )(embeddings);
        const values = [...value.dataSync(), ...grad.dataSync()];
        tf.dispose([value, grad]);
        return values;
      };
      const right = run();
      const before = held();
      const allocations = await failingAtEach(() => {
        expect(held()).toEqual(before);
        run();
      });
      expect(allocations).toBeGreaterThan(5);
      expect(held()).toEqual(before);
      expect(run()).toEqual(right);
      embeddings.dispose();
    },
  );

  it('a convolution and its gradient, nothing stays allocated', async () => {
    const x = tf.randomNormal<tf.Rank.R4>([2, 8, 8, 3]);
    const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 3, 4]);
    const before = held();
    await failingAtEach(() => {
      expect(held()).toEqual(before);
      tf.dispose(
        tf.grads((...inputs) =>
          tf
            .maxPool(tf.conv2d(inputs[0] as tf.Tensor4D, inputs[1] as tf.Tensor4D, 1, 'same'), 2, 2, 0)
            .square()
            .sum(),
        )([x, filter]),
      );
    });
    expect(held()).toEqual(before);
    tf.dispose([x, filter]);
  });

  it('a run, nothing stays allocated and the run can be made again', async () => {
    const directory = await makePictureFolder();
    const spec = parseRunSpec(smallSpec(directory, { steps: 2 }), 'test');
    const data = await loadExperimentData(spec);
    const description = await startBackend({ threads: 1 });
    const run = async () => (await runExperiment(spec, { backend: description, data })).metrics;
    const right = await run();
    const before = held();
    await failingAtEach(async () => {
      expect(held()).toEqual(before);
      await run();
    }, 7);
    expect(held()).toEqual(before);
    expect(await run()).toEqual(right);
  });
});

describe('the heap of 4 GiB', () => {
  it('refuses a tensor that would end past it, and never hands out a place twice', () => {
    const before = held();
    const made: tf.TensorInfo[] = [];
    const places: [number, number][] = [];
    const make = (megabytes: number) => {
      const info = backend.makeOutput([megabytes * 2 ** 18], 'float32');
      made.push(info);
      const { memoryOffset } = backend.dataIdMap.get(info.dataId) as { memoryOffset: number };
      places.push([memoryOffset, memoryOffset + megabytes * 2 ** 20]);
    };
    make(1100);
    make(1100);
    make(900);
    // A free place near the end, which an address that wraps at 4 GiB takes for large enough.
    make(64);
    make(1);
    backend.disposeData(made[3].dataId);
    places.splice(3, 1);
    for (const megabytes of [1100, 2200, 3000, 4000])
      expect(() => make(megabytes), `${megabytes} MiB beside ${places}`).toThrow(kit.KitError);
    for (let i = 0; i < 20; i++) {
      try {
        make(50);
      } catch (error) {
        expect(error).toMatchObject({ code: 'out-of-memory' });
      }
    }
    places.sort(([a], [b]) => a - b);
    for (const [i, [, end]] of places.entries())
      expect(end).toBeLessThanOrEqual(places[i + 1]?.[0] ?? backend.wasm.HEAPU8.byteLength);
    expect(places.length).toBeGreaterThan(8);
    for (const { dataId } of made) backend.disposeData(dataId);
    expect(held()).toEqual(before);
  });
});
