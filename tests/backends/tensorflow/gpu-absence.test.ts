import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireDriver } from '../../../src/backends/tensorflow/build-engine.js';
import { gpuForm } from '../../../src/backends/tensorflow/engine-forms.js';
import { gpuAbsence } from '../../../src/backends/tensorflow/gpu-absence.js';
import { temporaryFolder } from '../../picture-folder.js';

/** A shared library that opens everywhere, to stand for NVIDIA's. */
function linkLibrary(to: string): void {
  const folder = join(
    dirname(require.resolve('onnxruntime-node/package.json')),
    'bin',
    'napi-v6',
    'linux',
    process.arch,
  );
  const library = readdirSync(folder).find((name) => name.startsWith('libonnxruntime.so')) as string;
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(join(folder, library), to);
}

describe.skipIf(process.platform !== 'linux')('where TensorFlow uses no GPU, the reason', () => {
  /** What a process of its own says, whose loader finds what lies in `folder`. */
  function reason(folder: string, engine: string, environment: Record<string, string> = {}): string {
    const script = `console.log(require(${JSON.stringify(resolve('dist/backends/tensorflow/gpu-absence.js'))})
      .gpuAbsence(${JSON.stringify(gpuForm.cudaLibraries)}, ${JSON.stringify(engine)}))`;
    return spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      env: { ...process.env, LD_LIBRARY_PATH: folder, CUDA_VISIBLE_DEVICES: '0', ...environment },
    }).stdout.trim();
  }

  it('is the library, where it is built for the processor', () => {
    expect(gpuAbsence(null, undefined)).toContain('npx kit gpu --engine tensorflow');
  });

  it('is NVIDIA’s driver, then the first CUDA library that is missing by name, then a hidden GPU', () => {
    const folder = temporaryFolder();
    const engine = join(folder, 'engine');
    const libraries = join(folder, 'system');
    const hasDriver = spawnSync('nvidia-smi').status === 0;
    if (!hasDriver)
      expect(reason(libraries, engine)).toMatch(/^NVIDIA's driver is not installed here \(libcuda/);
    linkLibrary(join(libraries, 'libcuda.so.1'));
    for (const name of gpuForm.cudaLibraries as readonly string[]) {
      expect(reason(libraries, engine)).toContain(`CUDA's ${name} to use a GPU, and it does not open here`);
      linkLibrary(join(engine, 'nvidia', name.split('.')[0], 'lib', name));
    }
    expect(reason(libraries, engine, { CUDA_VISIBLE_DEVICES: '-1' })).toContain('CUDA_VISIBLE_DEVICES=-1');
    if (!hasDriver) expect(reason(libraries, engine)).toContain('shows no GPU');
  });
});

describe('NVIDIA’s driver', () => {
  it.each(['525.60.13', '525.105', '580.95.05', '1000'])('of version %s is new enough', (version) => {
    expect(() => requireDriver(version)).not.toThrow();
  });
  it.each(['525.60.12', '525.60', '470.256.02'])('of version %s is too old, which is said', (version) => {
    expect(() => requireDriver(version)).toThrow(`driver here is ${version}; CUDA 12 needs 525.60.13`);
  });
});
