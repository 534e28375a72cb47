import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativeEngine } from '../../../src/backends/tensorflow/native-engine.js';
import { outOfMemory } from '../../../src/backends/tensorflow/out-of-memory.js';

const refusal = (device: string) =>
  `Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[120,64,114,114] and type float on /job:localhost/replica:0/task:0/device:${device}:0 by allocator any`;

describe('an operation that TensorFlow has no memory for', () => {
  it('names the tensor, where it was to be, and what to do there', () => {
    expect(outOfMemory(refusal('GPU'))).toMatchObject({
      code: 'out-of-memory',
      message:
        'TensorFlow has no memory left on the GPU for a tensor of shape [120,64,114,114]. Use a smaller batch, or end what else runs on this GPU.',
    });
    expect(outOfMemory(refusal('CPU'))?.message).toMatch(/left on the CPU .* fewer processes side by side/);
  });

  it('is known without a shape, and other errors are left as they are', () => {
    expect(outOfMemory('Invalid TF_Status: 8\nMessage: failed to allocate memory')?.message).toBe(
      'TensorFlow has no memory left. Use a smaller batch, or fewer processes side by side (--workers).',
    );
    expect(outOfMemory('Invalid TF_Status: 3\nMessage: Matrix size-incompatible')).toBe(null);
    expect(outOfMemory('Invalid TF_Status: 80\nMessage: none')).toBe(null);
  });

  it.skipIf(nativeEngine() === undefined || process.platform !== 'linux')(
    'fails by that name in a process that may not grow',
    () => {
      const script = `
        const tf = require('@tensorflow/tfjs');
        const { startBackend } = require(${JSON.stringify(resolve('dist/index.js'))});
        (async () => {
          await startBackend({ threads: 1 });
          tf.matMul(tf.ones([10, 10]), tf.ones([10, 10])).dataSync();
          const size = /VmSize:\\s+(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1];
          require('child_process').execSync(\`prlimit --pid \${process.pid} --as=\${size * 1024 + 2 ** 28}\`);
          try {
            tf.ones([20000, 100]).mul(2).matMul(tf.ones([100, 20000])).dataSync();
          } catch ({ code, message }) {
            process.stdout.write(code + ': ' + message);
          }
        })();`;
      const env = { ...process.env, KIT_BACKEND: 'tensorflow-cpu' };
      const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env });
      expect(stdout).toMatch(
        /^out-of-memory: TensorFlow has no memory left on the CPU for a tensor of shape \[/,
      );
    },
  );
});
