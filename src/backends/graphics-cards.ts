import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { nvidiaGpus } from './nvidia-gpu.js';

export interface GraphicsCard {
  readonly maker: 'NVIDIA' | 'AMD' | 'Intel' | 'Apple' | 'other';
  /** With its driver, where the system says so. */
  readonly name: string;
}

const MAKERS: Readonly<Record<string, GraphicsCard['maker']>> = {
  '0x10de': 'NVIDIA',
  '0x1002': 'AMD',
  '0x8086': 'Intel',
};

/** The GPUs that the system shows: those that NVIDIA's driver names, and on Linux what the kernel sees of others. */
export function graphicsCards(): GraphicsCard[] {
  if (process.platform === 'darwin') return [{ maker: 'Apple', name: 'the GPU of this Mac, by Metal' }];
  const byDriver = nvidiaGpus().map(({ name, driver }) => ({
    maker: 'NVIDIA' as const,
    name: `${name}, driver ${driver}`,
  }));
  const byKernel = cardsOfKernel('/sys/class/drm').filter(
    ({ maker }) => maker !== 'NVIDIA' || byDriver.length === 0,
  );
  return [...byDriver, ...byKernel];
}

function cardsOfKernel(folder: string): GraphicsCard[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((entry) => /^card\d+$/.test(entry))
    .flatMap((entry) => {
      const device = `${folder}/${entry}/device`;
      if (!existsSync(`${device}/vendor`)) return [];
      const [vendor, model] = ['vendor', 'device'].map((file) =>
        readFileSync(`${device}/${file}`, 'utf8').trim(),
      );
      const driver = /^DRIVER=(.+)$/m.exec(readFileSync(`${device}/uevent`, 'utf8'))?.[1];
      const maker = MAKERS[vendor] ?? 'other';
      // What a virtual machine shows as a screen computes nothing.
      if (maker === 'other') return [];
      return [
        {
          maker,
          name: `a GPU of ${maker} (${vendor}:${model}), ${driver === undefined ? 'no kernel driver loaded' : `kernel driver ${driver}`}`,
        },
      ];
    });
}
