import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Engine, StartedEngine } from '../engine.js';
import { type HostProduct, startHostProduct } from '../onnxruntime/host-product.js';
import { packageVersion } from '../package-version.js';
import { processorName } from '../processor.js';
import { guardHeap } from './heap-guard.js';
import { registerTrainingKernels } from './kernels/register.js';
import { allowWasmThreads } from './threads.js';

/** WebAssembly with SIMD and threads: the same bits on every processor. */
export const wasmEngine: Engine = { start: ({ threads }) => startWasm({ threads }) };

/**
 * The same with its large products by onnxruntime, whose last digits depend on the processor. The heap stays on one thread:
 * onnxruntime can't read one that threads share, and has the threads where they count.
 */
export const wasmOnnxruntimeEngine: Engine = {
  async start({ threads }) {
    const started = await startWasm({ threads: 1, multiply: startHostProduct(threads) });
    const versions = { ...started.versions, 'onnxruntime-node': packageVersion('onnxruntime-node') };
    return { ...started, versions, threads };
  },
};

async function startWasm(options: {
  readonly threads: number;
  readonly multiply?: HostProduct;
}): Promise<StartedEngine> {
  const { threads, multiply } = options;
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(
    join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out/'),
  );
  registerTrainingKernels(multiply);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const threading = threads > 1 ? allowWasmThreads() : null;
  if (threads > 1) wasm.setThreadsCount(threads);
  const started = await tf.setBackend('wasm');
  threading?.restore();
  if (!started) throw new Error('WebAssembly with SIMD does not start here');
  guardHeap();
  return {
    versions: { '@tensorflow/tfjs-backend-wasm': wasm.version_wasm },
    device: processorName(),
    threads,
    deterministic: true,
  };
}
