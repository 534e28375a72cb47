import { describe, expect, it } from 'vitest';
import { freeBytes } from '../../../src/backends/webgpu/free-memory.js';

/** A device with so many bytes left, which refuses as WebGPU does: a buffer is made, and the scope says that it is none. */
function deviceWith(bytes: number, maxBufferSize = 2 ** 31) {
  const held = new Set<object>();
  const sizeOf = new Map<object, number>();
  let refused: object | null = null;
  const used = () => [...held].reduce((sum, buffer) => sum + (sizeOf.get(buffer) as number), 0);
  const device = {
    limits: { maxBufferSize },
    pushErrorScope: () => {
      refused = null;
    },
    popErrorScope: async () => refused,
    createBuffer: ({ size }: { size: number }) => {
      if (size > maxBufferSize || size % 4 !== 0) throw new Error(`no buffer has ${size} bytes`);
      const buffer = { destroy: () => held.delete(buffer) };
      sizeOf.set(buffer, size);
      if (used() + size > bytes) refused = {};
      else held.add(buffer);
      return buffer;
    },
  };
  return { device: device as unknown as GPUDevice, held };
}

describe('the free memory of a GPU', () => {
  it('is found to a thirtieth of what is wanted, and given back', async () => {
    const { device, held } = deviceWith(700e6);
    const free = await freeBytes(device, 1e9);
    expect(free).toBeLessThanOrEqual(700e6);
    expect(free).toBeGreaterThan(700e6 - 1e9 / 30);
    expect(held.size).toBe(0);
  });

  it('is looked for in buffers that the driver takes, and not beyond what is wanted', async () => {
    const { device, held } = deviceWith(2 ** 40, 2 ** 20);
    expect(await freeBytes(device, 2 ** 26)).toBe(2 ** 26);
    expect(held.size).toBe(0);
  });

  it('is nothing where not one buffer is given', async () => {
    expect(await freeBytes(deviceWith(1000).device, 1e9)).toBe(0);
  });
});
