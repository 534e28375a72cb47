import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../engine.js';
import { packageVersion } from '../package-version.js';
import { processorName } from '../processor.js';
import { registerNativeEngine } from './native-engine.js';

/** TensorFlow's native library on the processor: the one that `kit native` built, else @tensorflow/tfjs-node. */
export const tensorflowCpuEngine: Engine = {
  async start({ threads }) {
    const built = registerNativeEngine({ threads });
    const versions = built ?? (await importPackage('@tensorflow/tfjs-node'));
    if (!(await tf.setBackend('tensorflow')))
      throw new Error('the native engine is there but does not start');
    return { versions, device: processorName(), threads, deterministic: true };
  },
};

/** TensorFlow's native library with CUDA. */
export const tensorflowGpuEngine: Engine = {
  async start() {
    const versions = await importPackage('@tensorflow/tfjs-node-gpu');
    if (!(await tf.setBackend('tensorflow')))
      throw new Error('@tensorflow/tfjs-node-gpu is there but its backend does not start');
    return { versions, device: processorName(), threads: 1, deterministic: true };
  },
};

async function importPackage(packageName: string): Promise<Record<string, string>> {
  const version = packageVersion(packageName);
  if (version.startsWith('3.')) {
    throw new Error(
      `only the stand-in that danfojs-node needs is installed, not ${packageName} 4; kit native builds an engine`,
    );
  }
  await import(packageName);
  return { [packageName]: version };
}
