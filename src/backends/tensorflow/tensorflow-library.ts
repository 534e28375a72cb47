import { existsSync, readdirSync } from 'node:fs';
import Module from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { packageVersion } from '../package-version.js';
import { gpuAbsence } from './gpu-absence.js';
import { registerGradientsOnDevice } from './gradients-on-device.js';
import { type NativeEngine, nativeEngine } from './native-engine.js';
import { sayOutOfMemory } from './out-of-memory.js';
import { registerDistancesOnHost } from './squared-distances.js';

/** TensorFlow's native library, once it is loaded and the backend of tfjs. */
export interface TensorflowLibrary {
  readonly versions: Readonly<Record<string, string>>;
  /** Null where it found a GPU; else why it has none, and what to do. */
  readonly gpuAbsence: string | null;
  /** Whether the same run gives the same bits again. */
  readonly deterministic: boolean;
}

/** What TensorFlow 2.9, which tfjs-node-gpu 4.22 brings, opens to use a GPU. */
const CUDA_11 = [
  'libcudart.so.11.0',
  'libcublas.so.11',
  'libcublasLt.so.11',
  'libcufft.so.10',
  'libcusparse.so.11',
  'libcudnn.so.8',
];

const NO_TENSORFLOW =
  "TensorFlow's library is not here; npx kit gpu --engine tensorflow brings it for NVIDIA's GPUs, npx kit native for the processor";

let loaded: Promise<TensorflowLibrary> | undefined;

/**
 * Loads the one TensorFlow of this process and makes it the backend of tfjs: the engine that `kit native` or `kit gpu`
 * built, else @tensorflow/tfjs-node-gpu, else @tensorflow/tfjs-node. Two of them in one process do not bear each other.
 *
 * @param options.threads of one operation on the processor
 * @param options.gpu false to leave a GPU alone; counts only the first time
 * @throws Error that says what is missing and what to do
 */
export function loadTensorflow(options: {
  readonly threads: number;
  readonly gpu: boolean;
}): Promise<TensorflowLibrary> {
  loaded ??= load(options);
  return loaded;
}

async function load(options: { threads: number; gpu: boolean }): Promise<TensorflowLibrary> {
  const engine = nativeEngine();
  setEnvironment(options);
  const { versions, cudaLibraries } = engine === undefined ? await importPackage() : loadEngine(engine);
  if (!(await tf.setBackend('tensorflow')))
    throw new Error("TensorFlow's library is there but does not start");
  registerGradientsOnDevice();
  sayOutOfMemory();
  if (!tensorflowUsesGpu()) registerDistancesOnHost();
  return {
    versions,
    gpuAbsence: tensorflowUsesGpu() ? null : gpuAbsence(cudaLibraries, engine?.folder),
    deterministic: /^(1|true)$/i.test(process.env.TF_DETERMINISTIC_OPS ?? ''),
  };
}

/** Whether tfjs computes by TensorFlow on a GPU. */
export function tensorflowUsesGpu(): boolean {
  const backend = tf.backend() as unknown as { isUsingGpuDevice?: boolean };
  return tf.getBackend() === 'tensorflow' && backend.isUsingGpuDevice === true;
}

/** TensorFlow and CUDA read these once, when they are loaded. */
function setEnvironment({ threads, gpu }: { threads: number; gpu: boolean }): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.OMP_NUM_THREADS ??= String(threads);
  process.env.TF_DETERMINISTIC_OPS ??= '1';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  if (process.env.KIT_TF32 !== '1') process.env.NVIDIA_TF32_OVERRIDE = '0';
  // tfjs-node would put tensors on the last GPU of several, and operations on the first.
  process.env.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID';
  if (gpu) process.env.CUDA_VISIBLE_DEVICES ??= '0';
  else process.env.CUDA_VISIBLE_DEVICES = '-1';
  // Gone in Node 23; tfjs-node 4.22 still calls it.
  (util as { isNullOrUndefined?: (value: unknown) => boolean }).isNullOrUndefined ??= (value) =>
    value == null;
}

interface Loaded {
  readonly versions: Readonly<Record<string, string>>;
  /** Null where it was built without CUDA. */
  readonly cudaLibraries: readonly string[] | null;
}

interface NodeBackendModule {
  readonly NodeJSKernelBackend: new (binding: unknown, packageName: string) => tf.KernelBackend;
}

function loadEngine({ folder, versions, cudaLibraries }: NativeEngine): Loaded {
  const source = join(folder, 'tfjs-node');
  findTfjsFrom(source);
  require(join(source, 'dist', 'register_all_kernels.js'));
  const { NodeJSKernelBackend } = require(
    join(source, 'dist', 'nodejs_kernel_backend.js'),
  ) as NodeBackendModule;
  const binding: unknown = require(join(folder, 'tfjs_binding.node'));
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'));
  return { versions, cudaLibraries };
}

/** The engine's folder may lie anywhere, and its tfjs must be the one that the kit uses. */
function findTfjsFrom(folder: string): void {
  const resolver = Module as unknown as {
    _resolveFilename(request: string, parent?: { readonly filename?: string }, ...rest: unknown[]): string;
  };
  const resolve = resolver._resolveFilename;
  resolver._resolveFilename = (request, parent, ...rest) =>
    request.startsWith('@tensorflow/') && parent?.filename?.startsWith(folder)
      ? require.resolve(request)
      : resolve.call(Module, request, parent, ...rest);
}

async function importPackage(): Promise<Loaded> {
  if (hasLibrary('@tensorflow/tfjs-node-gpu')) {
    return { versions: await imported('@tensorflow/tfjs-node-gpu'), cudaLibraries: CUDA_11 };
  }
  if (hasLibrary('@tensorflow/tfjs-node')) {
    return { versions: await imported('@tensorflow/tfjs-node'), cudaLibraries: null };
  }
  throw new Error(NO_TENSORFLOW);
}

async function imported(name: string): Promise<Record<string, string>> {
  await import(name);
  return { [name]: packageVersion(name) };
}

/** Not so where the install step did not run, nor in the stand-in that danfojs-node needs. */
function hasLibrary(packageName: string): boolean {
  try {
    const library = join(dirname(require.resolve(`${packageName}/package.json`)), 'lib');
    return readdirSync(library).some((folder) => existsSync(join(library, folder, 'tfjs_binding.node')));
  } catch {
    return false;
  }
}
