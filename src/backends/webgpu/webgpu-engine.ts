import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../engine.js';
import { type FoundAdapter, findAdapter, loadDawn } from './dawn.js';
import { GpuErrors } from './gpu-errors.js';
import { registerWebgpuKernels } from './kernels/register.js';

/** What the kernels need: a workgroup of 256 threads with two tiles of 128×8 twice over, and addN's many buffers. */
const NEEDED = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBuffersPerShaderStage: 8,
} as const;

/**
 * Any GPU with a Vulkan driver (Linux), or Metal (macOS), by WebGPU: tfjs's own backend on Dawn, with kernels of ours for
 * what training needs. No sums in an order that varies, so the same device gives the same bits.
 *
 * Values come back with `await tensor.data()` alone.
 */
export const webgpuEngine: Engine = {
  async start() {
    const dawn = loadDawn();
    // Before the globals are there, or it would register a backend of its own that asks for too few buffers.
    const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
    Object.assign(globalThis, dawn.globals);
    const found = await findAdapter(dawn);
    requireHardware(found);
    Object.defineProperty(globalThis, 'navigator', { value: { gpu: found.gpu }, configurable: true });

    const device = await requestDevice(found.adapter);
    const errors = new GpuErrors(device);
    const backend = new WebGPUBackend(device, found.adapter.info);
    const read = backend.read.bind(backend);
    backend.read = async (dataId) => {
      const values = await read(dataId);
      errors.check();
      return values;
    };
    const readSync = backend.readSync.bind(backend);
    backend.readSync = (dataId) => {
      const data = backend.tensorMap.get(dataId);
      if (data.values == null && data.dtype !== 'string' && data.dtype !== 'complex64')
        throw new Error(
          'values on a GPU are read with await tensor.data(); dataSync() can not wait for them',
        );
      return readSync(dataId);
    };
    tf.registerBackend('webgpu', () => backend);
    registerWebgpuKernels();
    if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs refused its webgpu backend');
    return {
      versions: { '@tensorflow/tfjs-backend-webgpu': tf.version_core, webgpu: dawn.version },
      device: deviceName(found.adapter.info),
      threads: 1,
      deterministic: true,
    };
  },
};

function requireHardware({ adapter, isSoftware }: FoundAdapter): void {
  const wantsSoftware = process.env.KIT_BACKEND === 'webgpu' && process.env.KIT_WEBGPU_SOFTWARE === '1';
  if (isSoftware && !wantsSoftware) {
    throw new Error(
      `WebGPU finds only ${deviceName(adapter.info)}, which computes on the processor; install your GPU's Vulkan driver, or set KIT_BACKEND=webgpu and KIT_WEBGPU_SOFTWARE=1 to try it (slow, for tests)`,
    );
  }
  for (const [name, needed] of Object.entries(NEEDED)) {
    const offered = adapter.limits[name as keyof typeof NEEDED];
    if (offered < needed) {
      throw new Error(
        `${deviceName(adapter.info)} offers ${name} ${offered}, and ${needed} are needed; another GPU or driver is needed`,
      );
    }
  }
}

/** With all that the adapter offers: the defaults are those of the weakest phone. */
async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') requiredLimits[name] = value;
  }
  const wanted: GPUFeatureName[] = ['timestamp-query'];
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature));
  return adapter.requestDevice({ requiredFeatures, requiredLimits });
}

/** Such as `nvidia-h200, driver 580.159.04`. */
function deviceName({ device, vendor, description }: GPUAdapterInfo): string {
  const driver = /^[^:]+: (\S+)/.exec(description)?.[1] ?? description;
  return [device || vendor || 'unknown GPU', driver && `driver ${driver}`].filter(Boolean).join(', ');
}
