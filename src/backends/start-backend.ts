import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import { giveBackAfterFailedGradients } from './all-or-nothing.js';
import { cpuEngine } from './cpu-engine.js';
import type { Engine, StartedEngine } from './engine.js';
import { tensorflowCpuEngine, tensorflowGpuEngine } from './tensorflow/tensorflow-engine.js';
import { wasmEngine, wasmOnnxruntimeEngine } from './wasm/wasm-engine.js';
import { webgpuEngine } from './webgpu/webgpu-engine.js';

const ENGINES = {
  webgpu: webgpuEngine,
  'tensorflow-gpu': tensorflowGpuEngine,
  'tensorflow-cpu': tensorflowCpuEngine,
  wasm: wasmEngine,
  cpu: cpuEngine,
  'wasm-onnxruntime': wasmOnnxruntimeEngine,
} satisfies Record<string, Engine>;
export type BackendName = keyof typeof ENGINES;

/** Those that are tried by themselves first, in that order. */
export const backendNames = Object.keys(ENGINES) as readonly BackendName[];

/**
 * In the order in which they are tried, the faster first as measured (results/bench/gpu.md, results/bench/training.md). `wasm` gives the same bits on every processor; `wasm-onnxruntime` gives that away
 * for speed, and so is only for those who ask for it.
 */
export const automaticBackends: readonly BackendName[] = [
  'webgpu',
  'tensorflow-gpu',
  'tensorflow-cpu',
  'wasm',
  'cpu',
];

/** Whether it computes on a GPU, which runs are to have one after the other. */
export function isGpu(name: BackendName): boolean {
  return name === 'tensorflow-gpu' || name === 'webgpu';
}

export interface BackendDescription extends StartedEngine {
  readonly name: BackendName;
  /** The faster ones that did not start, and why. */
  readonly absent: readonly { readonly name: BackendName; readonly reason: string }[];
}

let running: Promise<BackendDescription> | undefined;

/**
 * Starts the fastest backend there is: a GPU by WebGPU, native with GPU, native, wasm, plain JavaScript. The environment variable
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
  const forced = forcedBackend();
  tf.enableProdMode();
  const absent: { name: BackendName; reason: string }[] = [];
  for (const name of forced === undefined ? automaticBackends : [forced]) {
    try {
      const started = await ENGINES[name].start({ threads });
      giveBackAfterFailedGradients();
      return {
        ...started,
        name,
        versions: { '@tensorflow/tfjs': tf.version_core, ...started.versions },
        absent,
      };
    } catch (error) {
      absent.push({ name, reason: (error as Error).message.split('\n')[0] });
    }
  }
  const reasons = absent.map(({ reason }) => reason).join('; ');
  throw forcedBackendAbsent(forced as BackendName, reasons);
}

/**
 * The backend that `KIT_BACKEND` names; undefined where it names none.
 *
 * @throws KitError `backend-unavailable` when there is none of that name
 */
export function forcedBackend(): BackendName | undefined {
  const forced = process.env.KIT_BACKEND || undefined;
  if (forced === undefined || Object.hasOwn(ENGINES, forced)) return forced as BackendName | undefined;
  throw new KitError(
    'backend-unavailable',
    `KIT_BACKEND is "${forced}"; it can be ${Object.keys(ENGINES).join(', ')}.`,
  );
}

/** The error of a forced backend that does not start. */
export function forcedBackendAbsent(name: BackendName, reason: string): KitError {
  return new KitError(
    'backend-unavailable',
    `KIT_BACKEND asks for ${name}, which does not start here: ${reason}. Install it, or unset KIT_BACKEND.`,
    { cause: new Error(reason) },
  );
}
