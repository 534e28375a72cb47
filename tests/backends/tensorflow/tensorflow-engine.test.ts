import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from '../../../src/backends/start-backend.js';
import { nativeEngine } from '../../../src/backends/tensorflow/native-engine.js';
import { googlenet } from '../../../src/models/googlenet.js';
import { tensorNetwork } from '../../../src/models/tensor-network.js';
import { madeUpWeights } from '../../models/made-up-weights.js';

const built = nativeEngine() !== undefined;

describe.skipIf(!built)('TensorFlow’s engine', () => {
  beforeAll(async () => {
    process.env.KIT_BACKEND = 'tensorflow-cpu';
    await startBackend({ threads: 1 });
  });

  /** Shapes of the larger tensors whose values come from host memory while `work` runs. */
  function uploadsOf(work: () => void): string[] {
    const backend = tf.backend() as unknown as { move: (...args: unknown[]) => void };
    const { move } = backend;
    const uploads: string[] = [];
    backend.move = (...args) => {
      const shape = args[2] as number[];
      if (tf.util.sizeFromShape(shape) > 1024) uploads.push(`[${shape}]`);
      move.apply(backend, args);
    };
    try {
      work();
    } finally {
      backend.move = move;
    }
    return uploads;
  }

  it('makes no array on the host for the gradients of all GoogLeNet', () => {
    const network = tensorNetwork(googlenet, madeUpWeights(googlenet), {
      from: 'data',
      to: ['pool5/7x7_s1'],
    });
    const pictures = tf.randomNormal<tf.Rank.R4>([2, 224, 224, 3]);
    const variables = network.parameters.map(({ variable }) => variable);
    const loss = () => network.run(pictures)[0].mean().square() as tf.Scalar;
    const before = tf.memory().numTensors;
    const uploads = uploadsOf(() => tf.tidy(() => void tf.variableGrads(loss, variables)));
    expect(uploads).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
    pictures.dispose();
    network.dispose();
  });

  it('says that it is for the processor where a GPU is asked of it', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [resolve('dist', 'cli', 'main.js'), 'lab', '--check'],
      { encoding: 'utf8', env: { ...process.env, KIT_BACKEND: 'tensorflow-gpu' } },
    );
    expect(status).toBe(1);
    expect(stderr).toContain('built for the processor; npx kit gpu --engine tensorflow brings');
  });
});

it.skipIf(built)('needs kit native to look at TensorFlow’s engine', () => {});
