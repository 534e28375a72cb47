import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { KitError } from './kit-error.js';
import { registerNativeEngine } from './native-engine.js';
import { guardHeap } from './wasm-heap-guard.js';
import { registerTrainingKernels } from './wasm-kernels/register.js';
import { allowWasmThreads } from './wasm-threads.js';

const BACKEND_NAMES = ['tensorflow-gpu', 'tensorflow-cpu', 'wasm', 'cpu'] as const;
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
 * Starts the fastest backend there is: native with GPU, native, wasm, plain JavaScript. The environment
 * variable `KIT_BACKEND` forces one. Called again, it answers for the backend that runs already.
 *
 * @param options.threads for wasm; default one a core
 * @throws KitError `backend-unavailable` when the forced one can't start, with the reason
 */
export function startBackend(options: { readonly threads?: number } = {}): Promise<BackendDescription> {
  running ??= start(options.threads ?? availableParallelism());
  return running;
}

async function start(threads: number): Promise<BackendDescription> {
  const forced = process.env.KIT_BACKEND;
  if (forced !== undefined && !BACKEND_NAMES.includes(forced as BackendName)) {
    throw new KitError(
      'backend-unavailable',
      `KIT_BACKEND is "${forced}"; it can be ${BACKEND_NAMES.join(', ')}.`,
    );
  }
  tf.enableProdMode();
  const absent: { name: BackendName; reason: string }[] = [];
  for (const name of forced === undefined ? BACKEND_NAMES : [forced as BackendName]) {
    try {
      const versions = { '@tensorflow/tfjs': tf.version_core, ...(await starters[name](threads)) };
      return { name, threads: name === 'wasm' || name === 'tensorflow-cpu' ? threads : 1, versions, absent };
    } catch (error) {
      absent.push({ name, reason: (error as Error).message.split('\n')[0] });
    }
  }
  throw new KitError(
    'backend-unavailable',
    `KIT_BACKEND asks for ${forced}, which does not start here: ${absent.map((entry) => entry.reason).join('; ')}. Install it, or unset KIT_BACKEND.`,
  );
}

const starters: Record<BackendName, (threads: number) => Promise<Record<string, string>>> = {
  'tensorflow-gpu': () => startNative('@tensorflow/tfjs-node-gpu'),
  'tensorflow-cpu': startNativeCpu,
  wasm: startWasm,
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

async function startWasm(threads: number): Promise<Record<string, string>> {
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(
    join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out/'),
  );
  registerTrainingKernels();
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const threading = threads > 1 ? allowWasmThreads() : null;
  if (threads > 1) wasm.setThreadsCount(threads);
  const started = await tf.setBackend('wasm');
  threading?.restore();
  if (!started) throw new Error('WebAssembly with SIMD does not start here');
  guardHeap();
  return { '@tensorflow/tfjs-backend-wasm': wasm.version_wasm };
}

function packageVersion(name: string): string {
  return (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string })
    .version;
}
