import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type HostProduct, startHostProduct } from './host-product.js';
import { KitError } from './kit-error.js';
import { registerNativeEngine } from './native-engine.js';
import { packageVersion } from './package-version.js';
import { guardHeap } from './wasm-heap-guard.js';
import { registerTrainingKernels } from './wasm-kernels/register.js';
import { allowWasmThreads } from './wasm-threads.js';

/** In the order in which they are tried. */
const AUTOMATIC = ['tensorflow-gpu', 'tensorflow-cpu', 'wasm', 'cpu'] as const;
/**
 * `wasm` gives the same bits on every processor; `wasm-onnxruntime` gives that away for speed, and so is only for those who
 * ask for it.
 */
const BACKEND_NAMES = [...AUTOMATIC, 'wasm-onnxruntime'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export interface BackendDescription {
  readonly name: BackendName;
  readonly threads: number;
  /** Of the packages that decide numbers. */
  readonly versions: Readonly<Record<string, string>>;
  /** The faster ones that did not start, and why. */
  readonly absent: readonly { readonly name: BackendName; readonly reason: string }[];
}

let running: Promise<BackendDescription> | undefined;

/**
 * Starts the fastest backend there is: native with GPU, native, wasm, plain JavaScript. The environment variable
 * `KIT_BACKEND` forces one of these, or wasm with its matrix products by onnxruntime. Called again, it answers for the
 * backend that runs already.
 *
 * @param options.threads of one operation; default one a core
 * @throws KitError `backend-unavailable` when the forced one can't start, with the reason
 */
export function startBackend(options: { readonly threads?: number } = {}): Promise<BackendDescription> {
  running ??= start(options.threads ?? availableParallelism());
  return running;
}

async function start(threads: number): Promise<BackendDescription> {
  const forced = process.env.KIT_BACKEND || undefined;
  if (forced !== undefined && !BACKEND_NAMES.includes(forced as BackendName)) {
    throw new KitError(
      'backend-unavailable',
      `KIT_BACKEND is "${forced}"; it can be ${BACKEND_NAMES.join(', ')}.`,
    );
  }
  tf.enableProdMode();
  const absent: { name: BackendName; reason: string }[] = [];
  for (const name of forced === undefined ? AUTOMATIC : [forced as BackendName]) {
    try {
      const versions = { '@tensorflow/tfjs': tf.version_core, ...(await starters[name](threads)) };
      return { name, threads: THREADED.has(name) ? threads : 1, versions, absent };
    } catch (error) {
      absent.push({ name, reason: (error as Error).message.split('\n')[0] });
    }
  }
  throw new KitError(
    'backend-unavailable',
    `KIT_BACKEND asks for ${forced}, which does not start here: ${absent.map((entry) => entry.reason).join('; ')}. Install it, or unset KIT_BACKEND.`,
  );
}

const THREADED = new Set<BackendName>(['tensorflow-cpu', 'wasm-onnxruntime', 'wasm']);

const starters: Record<BackendName, (threads: number) => Promise<Record<string, string>>> = {
  'tensorflow-gpu': () => startNative('@tensorflow/tfjs-node-gpu'),
  'tensorflow-cpu': startNativeCpu,
  'wasm-onnxruntime': startWasmWithOnnxruntime,
  wasm: (threads) => startWasm({ threads }),
  cpu: async () => {
    if (!(await tf.setBackend('cpu'))) throw new Error('tfjs refused its cpu backend');
    return {};
  },
};

async function startNativeCpu(threads: number): Promise<Record<string, string>> {
  const built = registerNativeEngine({ threads });
  if (built === undefined) return startNative('@tensorflow/tfjs-node');
  if (!(await tf.setBackend('tensorflow')))
    throw new Error('the engine that kit native built does not start');
  return { ...built };
}

async function startNative(packageName: string): Promise<Record<string, string>> {
  const version = packageVersion(packageName);
  if (version.startsWith('3.')) {
    throw new Error(
      `only the stand-in that danfojs-node needs is installed, not ${packageName} 4; kit native builds an engine`,
    );
  }
  await import(packageName);
  if (!(await tf.setBackend('tensorflow')))
    throw new Error(`${packageName} is there but its backend does not start`);
  return { [packageName]: version };
}

/** The heap stays on one thread: onnxruntime can't read one that threads share, and has the threads where they count. */
async function startWasmWithOnnxruntime(threads: number): Promise<Record<string, string>> {
  const versions = await startWasm({ threads: 1, multiply: startHostProduct(threads) });
  return { ...versions, 'onnxruntime-node': packageVersion('onnxruntime-node') };
}

async function startWasm(options: {
  readonly threads: number;
  readonly multiply?: HostProduct;
}): Promise<Record<string, string>> {
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
  return { '@tensorflow/tfjs-backend-wasm': wasm.version_wasm };
}
