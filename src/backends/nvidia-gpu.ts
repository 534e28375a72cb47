import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface NvidiaGpu {
  /** As the driver names it, "NVIDIA H200". */
  readonly name: string;
  /** The driver's version, "580.95.05". */
  readonly driver: string;
}

/**
 * NVIDIA's GPUs of this machine, in the order of their places on the bus: asked of nvidia-smi, else read from what the
 * driver shows in /proc.
 */
export function nvidiaGpus(): NvidiaGpu[] {
  const { status, stdout } = spawnSync(
    'nvidia-smi',
    ['--query-gpu=name,driver_version', '--format=csv,noheader'],
    { encoding: 'utf8', timeout: 20_000 },
  );
  if (status !== 0) return gpusOfDriverFiles('/proc/driver/nvidia');
  return stdout
    .split('\n')
    .filter((line) => line.includes(','))
    .map((line) => line.split(',').map((word) => word.trim()))
    .map(([name, driver]) => ({ name, driver }));
}

function gpusOfDriverFiles(folder: string): NvidiaGpu[] {
  const driver = nvidiaDriver(folder);
  if (driver === undefined) return [];
  try {
    return readdirSync(`${folder}/gpus`)
      .sort()
      .map((gpu) => readFileSync(`${folder}/gpus/${gpu}/information`, 'utf8'))
      .map((text) => ({ name: /^Model:\s*(.+)$/m.exec(text)?.[1].trim() ?? 'NVIDIA GPU', driver }));
  } catch {
    return [];
  }
}

/** The version of the kernel's NVIDIA driver, undefined where none is loaded. */
function nvidiaDriver(folder: string): string | undefined {
  try {
    return /Kernel Module.*?\s(\d+\.[\d.]+)\s/.exec(readFileSync(`${folder}/version`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
