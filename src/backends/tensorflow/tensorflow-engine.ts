import type { Engine } from '../engine.js';
import { nvidiaGpus } from '../nvidia-gpu.js';
import { processorName } from '../processor.js';
import { loadTensorflow } from './tensorflow-library.js';

/** TensorFlow's native library on the processor. */
export const tensorflowCpuEngine: Engine = {
  async start({ threads }) {
    const { versions, deterministic } = await loadTensorflow({ threads, gpu: false });
    return { versions, device: processorName(), threads, deterministic };
  },
};

/** TensorFlow's native library on an NVIDIA GPU: only where it really computes there. */
export const tensorflowGpuEngine: Engine = {
  async start({ threads }) {
    const { versions, gpuAbsence, deterministic } = await loadTensorflow({ threads, gpu: true });
    if (gpuAbsence !== null) throw new Error(gpuAbsence);
    return { versions, device: gpuName(), threads: 1, deterministic };
  },
};

/** With TensorFloat-32, where it was asked for: its numbers are others. */
function gpuName(): string {
  const gpus = nvidiaGpus();
  const gpu = gpus[Number(process.env.CUDA_VISIBLE_DEVICES)] ?? gpus[0];
  const name = gpu === undefined ? 'NVIDIA GPU' : `${gpu.name}, driver ${gpu.driver}`;
  return process.env.KIT_TF32 === '1' ? `${name}, TF32` : name;
}
