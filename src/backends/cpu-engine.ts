import * as tf from '@tensorflow/tfjs';
import type { Engine } from './engine.js';
import { processorName } from './processor.js';

/** Plain JavaScript, always there: for checks, not for training. */
export const cpuEngine: Engine = {
  async start() {
    if (!(await tf.setBackend('cpu'))) throw new Error('tfjs refused its cpu backend');
    return { versions: {}, device: processorName(), threads: 1, deterministic: true };
  },
};
