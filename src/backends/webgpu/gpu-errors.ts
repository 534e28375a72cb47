import { KitError } from '../../kit-error.js';

/**
 * What went wrong on the GPU since the last look. WebGPU reports errors on the side, and what was computed after one is
 * worth nothing: so they are raised wherever values come back to the host.
 */
export class GpuErrors {
  private first: KitError | null = null;

  constructor(device: GPUDevice) {
    device.addEventListener('uncapturederror', (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      this.first ??=
        error instanceof GPUOutOfMemoryError
          ? new KitError(
              'out-of-memory',
              `The GPU has no more memory (${firstLine(error.message)}). Use a smaller batch, or end what else runs on this GPU.`,
            )
          : new KitError('gpu-failed', `The GPU refused a command: ${firstLine(error.message)}`);
    });
    device.lost.then(({ reason, message }) => {
      if (reason === 'destroyed') return;
      this.first = new KitError(
        'gpu-failed',
        `The GPU was lost: ${firstLine(message)}. Its driver stopped the program, or it has no more memory; start again, with a smaller batch if this comes back.`,
      );
    });
  }

  /** @throws KitError `out-of-memory` or `gpu-failed` if there was an error since the start */
  check(): void {
    if (this.first !== null) throw this.first;
  }
}

const firstLine = (message: string) => message.trim().split('\n')[0];
