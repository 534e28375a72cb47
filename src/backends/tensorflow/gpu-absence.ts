import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nvidiaGpus } from '../nvidia-gpu.js';
import { failureToOpen } from '../shared-library.js';

/**
 * Why a TensorFlow that is loaded uses no GPU.
 *
 * @param cudaLibraries those that it opens by these names; null where it was built without CUDA
 * @param engine folder of the engine that `kit native` built, whose own libraries come before the system's
 * @returns a reason with what to do
 */
export function gpuAbsence(cudaLibraries: readonly string[] | null, engine: string | undefined): string {
  if (cudaLibraries === null) {
    return "TensorFlow's library here is built for the processor; npx kit gpu --engine tensorflow brings the one for NVIDIA's GPUs";
  }
  const driver = failureToOpen('libcuda.so.1');
  if (driver !== null) return `NVIDIA's driver is not installed here (${driver})`;
  for (const name of cudaLibraries) {
    const failure = failureToOpen(ownLibrary(engine, name) ?? name);
    if (failure !== null) {
      const remedy =
        engine === undefined
          ? 'Install CUDA 11.2 and cuDNN 8, or run npx kit gpu --engine tensorflow'
          : 'Run npx kit gpu --engine tensorflow --force';
      return `TensorFlow opens CUDA's ${name} to use a GPU, and it does not open here (${failure}). ${remedy}`;
    }
  }
  if (process.env.CUDA_VISIBLE_DEVICES !== '0') {
    return `TensorFlow sees no GPU with CUDA_VISIBLE_DEVICES=${process.env.CUDA_VISIBLE_DEVICES}`;
  }
  const gpus = nvidiaGpus();
  if (gpus.length === 0) return "NVIDIA's driver is here, but shows no GPU; nvidia-smi says what it sees";
  return `TensorFlow refuses this machine's ${gpus[0].name}, driver ${gpus[0].driver}; TF_CPP_MIN_LOG_LEVEL=0 npx kit lab --check shows what it says`;
}

function ownLibrary(engine: string | undefined, name: string): string | undefined {
  const folder = engine === undefined ? '' : join(engine, 'nvidia');
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((part) => join(folder, part, 'lib', name))
    .find((path) => existsSync(path));
}
