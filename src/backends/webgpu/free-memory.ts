import { TENSOR_USAGE } from './step-recording.js';

const BLOCKS = 32;

/**
 * Bytes that a device still gives, to about a thirtieth of `wanted`. WebGPU says nothing of its memory: so buffers are
 * taken until one is refused, and given back.
 *
 * @param wanted where to stop looking
 */
export async function freeBytes(device: GPUDevice, wanted: number): Promise<number> {
  const size = Math.min(device.limits.maxBufferSize, 4 * Math.ceil(wanted / BLOCKS / 4));
  const taken: GPUBuffer[] = [];
  try {
    while (taken.length * size < wanted) {
      device.pushErrorScope('out-of-memory');
      const buffer = device.createBuffer({ size, usage: TENSOR_USAGE });
      if ((await device.popErrorScope()) !== null) break;
      taken.push(buffer);
    }
    return taken.length * size;
  } finally {
    for (const buffer of taken) buffer.destroy();
  }
}
