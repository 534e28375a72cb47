import * as tf from '@tensorflow/tfjs';
import { KitError } from '../../kit-error.js';

const RUNNERS = ['executeSingleOutput', 'executeMultipleOutputs'] as const;

/** The part of tfjs-node's backend that runs TensorFlow's operations. */
type NodeBackend = Record<(typeof RUNNERS)[number], (...operation: unknown[]) => unknown>;

/** From now on, an operation that TensorFlow has no memory for fails as the kit's own operations do. */
export function sayOutOfMemory(): void {
  const backend = tf.backend() as unknown as NodeBackend;
  for (const name of RUNNERS) {
    const execute = backend[name];
    backend[name] = (...operation) => {
      try {
        return execute.apply(backend, operation);
      } catch (error) {
        throw outOfMemory((error as Error).message) ?? error;
      }
    };
  }
}

/**
 * TensorFlow's RESOURCE_EXHAUSTED in the kit's words. @param message of its error
 *
 * @returns null for any other error
 */
export function outOfMemory(message: string): KitError | null {
  if (!/^Invalid TF_Status: 8\b/.test(message)) return null;
  const [, shape, device] = /with shape\s*(\[[\d,]*\]).* on \S*device:(\w+)/.exec(message) ?? [];
  const what = shape === undefined ? '' : ` for a tensor of shape ${shape}`;
  const advice =
    device === 'GPU'
      ? 'Use a smaller batch, or end what else runs on this GPU'
      : 'Use a smaller batch, or fewer processes side by side (--workers)';
  return new KitError(
    'out-of-memory',
    `TensorFlow has no memory left${device === undefined ? '' : ` on the ${device}`}${what}. ${advice}.`,
  );
}
