import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the engines lie that the kit builds or fetches for this machine. */
export function nativeEngineFolder(): string {
  return process.env.KIT_NATIVE ?? join(__dirname, '..', '..', '..', '.native');
}

/** What `kit native` built, as its engine.json says. */
export interface NativeEngine {
  readonly folder: string;
  /** Of what decides numbers. */
  readonly versions: Readonly<Record<string, string>>;
  /** The CUDA libraries that its TensorFlow opens to use a GPU; null in the form for the processor. */
  readonly cudaLibraries: readonly string[] | null;
}

/** TensorFlow's engine as `kit native` builds it, undefined where it did not. */
export function nativeEngine(): NativeEngine | undefined {
  const folder = join(nativeEngineFolder(), 'tensorflow');
  try {
    const description = JSON.parse(readFileSync(join(folder, 'engine.json'), 'utf8')) as NativeEngine;
    return { ...description, folder };
  } catch {
    return undefined;
  }
}
