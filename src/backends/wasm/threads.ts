import os from 'node:os';
import { dirname, join } from 'node:path';
import workerThreads, { Worker, type WorkerOptions } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs';

const THREADED_MODULE = 'tfjs-backend-wasm-threaded-simd';

/**
 * Lets tfjs-backend-wasm 4.22.0 start its threads in Node. As shipped it takes Node for a place without
 * threads, hands workers a `blob:` address, which Node's workers do not read, and lets them keep the
 * process alive. It also takes half of the cores at most; until `restore` is called it sees twice as many.
 * Must run before the backend is set.
 */
export function allowWasmThreads(): { restore(): void } {
  const folder = join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out');
  const { wasmWorkerContents } = require(join(folder, `${THREADED_MODULE}.worker.js`)) as {
    wasmWorkerContents: string;
  };

  // Its messages to stderr hold real line breaks inside string literals.
  class WasmThread extends Worker {
    constructor(file: string | URL, options?: WorkerOptions) {
      if (String(file).startsWith('blob:')) super(wasmWorkerContents.replaceAll('\n', '\\n'), { eval: true });
      else super(file, options);
      this.unref();
    }

    // The wasm module takes its threads back into account when it loads them; the process must still end.
    override ref(): void {}

    override postMessage(message: unknown): void {
      const load = message as { urlOrBlob?: unknown };
      if (load.urlOrBlob === undefined) super.postMessage(message);
      else super.postMessage({ ...load, urlOrBlob: join(folder, `${THREADED_MODULE}.js`) });
    }
  }

  workerThreads.Worker = WasmThread as typeof Worker;
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  const { cpus } = os;
  os.cpus = () => [...cpus(), ...cpus()];
  return {
    restore: () => {
      os.cpus = cpus;
    },
  };
}
