import * as tf from '@tensorflow/tfjs';
import { startBackend } from './start-backend.js';
import type { TriedBackend } from './try-backend.js';

async function tried(): Promise<TriedBackend> {
  try {
    const backend = await startBackend();
    const [value] = await tf.matMul(tf.ones([1, 7]), tf.ones([7, 1])).data();
    if (value === 7) return { backend };
    return { backend: null, reason: `it gives ${value} for 7 times 1` };
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    return { backend: null, reason: cause?.message ?? message };
  }
}

tried().then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0)));
