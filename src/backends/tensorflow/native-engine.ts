import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

/** Where `kit native` puts the engine that it builds. */
export function nativeEngineFolder(): string {
  return process.env.KIT_NATIVE ?? join(__dirname, '..', '..', '..', '.native');
}

interface NodeBackendModule {
  readonly NodeJSKernelBackend: new (binding: unknown, packageName: string) => tf.KernelBackend;
}

/**
 * Registers the backend `tensorflow` from the engine that `kit native` built; `tf.setBackend` starts it.
 *
 * @param options.threads of one operation
 * @returns versions of what computes, or undefined where there is no such engine
 */
export function registerNativeEngine(options: {
  readonly threads: number;
}): Readonly<Record<string, string>> | undefined {
  const folder = nativeEngineFolder();
  const binding = join(folder, 'tfjs_binding.node');
  if (!existsSync(binding)) return undefined;
  // TensorFlow reads these once, when it is loaded.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_NUM_INTRAOP_THREADS ??= String(options.threads);
  process.env.OMP_NUM_THREADS ??= String(options.threads);
  const source = join(folder, 'tfjs-node');
  require(join(source, 'dist', 'register_all_kernels.js'));
  const { NodeJSKernelBackend } = require(
    join(source, 'dist', 'nodejs_kernel_backend.js'),
  ) as NodeBackendModule;
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(require(binding), '@tensorflow/tfjs-node'));
  const { versions } = require(join(folder, 'engine.json')) as { versions: Record<string, string> };
  return versions;
}
