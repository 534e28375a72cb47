import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

/** A machine whose nvidia-smi answers so, and which has no engine yet. */
function machine(answer: string | null) {
  const folder = temporaryFolder();
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  writeFileSync(
    join(tools, 'nvidia-smi'),
    answer === null ? '#!/bin/sh\nexit 9\n' : `#!/bin/sh\necho "${answer}"\n`,
  );
  chmodSync(join(tools, 'nvidia-smi'), 0o755);
  const engines = join(folder, 'engines');
  return { engines, environment: { PATH: `${tools}:${process.env.PATH}`, KIT_NATIVE: engines } };
}

/** What `kit gpu --engine webgpu` would install, but with an adapter of our making. */
function putWebgpu(engines: string, adapter: string): void {
  const folder = join(engines, 'webgpu', 'node_modules', 'webgpu');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "webgpu", "version": "0.6.2", "main": "index.js" }');
  writeFileSync(
    join(folder, 'index.js'),
    `exports.globals = {}; exports.create = () => ({ requestAdapter: async () => (${adapter}) });`,
  );
}

const onLinux = process.platform === 'linux' && process.arch === 'x64';

describe('kit gpu', () => {
  it.runIf(onLinux)('says which GPU and driver are here, which engines fit and what each downloads', () => {
    const { stdout, status } = runKit(['gpu'], machine('NVIDIA H200, 580.95.05').environment);
    expect(status).toBe(0);
    expect(stdout).toContain('NVIDIA H200, driver 580.95.05');
    expect(stdout).toMatch(/Vulkan's loader: (here|not here; install libvulkan1)/);
    expect(stdout).toContain(
      'webgpu: any GPU with a Vulkan driver (Linux) or Metal (macOS); downloads 130 MB',
    );
    expect(stdout).toContain('with driver 525.60.13 or newer; downloads 1539 MB');
    expect(stdout).toMatch(/Recommended: .*npx kit gpu --engine webgpu/);
  });

  it.runIf(onLinux)(
    'refuses TensorFlow’s engine without an NVIDIA GPU, before anything is downloaded',
    () => {
      const { engines, environment } = machine(null);
      const { stderr, status } = runKit(['gpu', '--engine', 'tensorflow'], environment);
      expect(status).toBe(1);
      expect(stderr).toContain('No NVIDIA GPU is to be seen here');
      expect(stderr).toContain('npx kit gpu --engine webgpu');
      expect(existsSync(engines)).toBe(false);
    },
  );

  it.runIf(onLinux)('refuses a driver that is too old for CUDA 12, before anything is downloaded', () => {
    for (const command of [
      ['gpu', '--engine', 'tensorflow'],
      ['native', '--gpu'],
    ]) {
      const { stderr, status } = runKit(command, machine('Tesla V100, 470.256.02').environment);
      expect(status).toBe(1);
      expect(stderr).toContain("NVIDIA's driver here is 470.256.02; CUDA 12 needs 525.60.13 or newer.");
    }
  });
});

describe('kit lab --check', () => {
  it('says of every backend what it runs on, or what is missing and the command that brings it', () => {
    const { stdout, status } = runKit(['lab', '--check'], { ...machine(null).environment, KIT_BACKEND: '' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^tensorflow-gpu: not here: .*npx kit gpu --engine tensorflow/m);
    expect(stdout).toMatch(/^tensorflow-cpu: not here: .*npx kit native/m);
    expect(stdout).toMatch(
      /^wasm \(used\): runs on .+; \d+ threads?; the same bits again; @tensorflow\/tfjs 4/m,
    );
    expect(stdout).toMatch(/^cpu: runs on .+; 1 thread; the same bits again/m);
    expect(stdout).toMatch(/^wasm-onnxruntime: runs on /m);
  });

  const adapter = (info: string, limits = '{}') =>
    `{ info: { device: 'card', vendor: 'maker', description: '', ...${info} }, limits: ${limits}, features: new Set() }`;
  it.each([
    [
      'no package webgpu',
      null,
      'the npm package webgpu is not installed; npx kit gpu --engine webgpu brings it',
    ],
    [
      'no adapter',
      'null',
      process.platform === 'linux' ? /WebGPU finds no GPU: install|Vulkan loader/ : /finds no GPU/,
    ],
    [
      'a software adapter',
      adapter("{ device: 'llvmpipe', isFallbackAdapter: true }"),
      'which computes on the processor; install your GPU’s'.replace('’', "'"),
    ],
    [
      'an adapter with too little memory for the kernels',
      adapter('{}', '{ maxComputeInvocationsPerWorkgroup: 64 }'),
      'offers maxComputeInvocationsPerWorkgroup 64, and 256 are needed',
    ],
    ['a package that does not load', '(() => { throw new Error("broken") })()', 'broken'],
  ])('with KIT_BACKEND=webgpu and %s ends with the reason', (_, made, reason) => {
    const { engines, environment } = machine(null);
    if (made !== null) putWebgpu(engines, made);
    const { stderr, status } = runKit(['lab', '--check'], { ...environment, KIT_BACKEND: 'webgpu' });
    expect(status).toBe(1);
    expect(stderr).toContain('KIT_BACKEND asks for webgpu, which does not start here');
    expect(stderr).toMatch(reason);
  });

  it('ends an experiment before its pictures are made ready', () => {
    const { environment } = machine(null);
    const args = ['reproduce', 'emoji', '--profile', 'smoke', '--results', temporaryFolder()];
    const { stderr, status } = runKit(args, { ...environment, KIT_BACKEND: 'webgpu' });
    expect(status).toBe(1);
    expect(stderr.trim()).toMatch(/^KIT_BACKEND asks for webgpu, which does not start here/);
  });
});
