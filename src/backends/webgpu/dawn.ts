import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageVersion } from '../package-version.js';
import { failureToOpen } from '../shared-library.js';
import { nativeEngineFolder } from '../tensorflow/native-engine.js';

/** Dawn, the WebGPU of Chromium, as the npm package `webgpu` brings it to Node. */
export interface Dawn {
  /** @param flags such as `backend=vulkan` */
  create(flags: readonly string[]): GPU;
  /** The classes and constants that a browser has as globals. */
  readonly globals: Readonly<Record<string, unknown>>;
  readonly version: string;
}

/**
 * The copy that `kit gpu` installed, else the one that Node finds.
 *
 * @throws Error whose first line says that there is none and how to get it
 */
export function loadDawn(): Dawn {
  const installed = join(nativeEngineFolder(), 'webgpu', 'node_modules', 'webgpu');
  const name = existsSync(installed) ? installed : 'webgpu';
  try {
    const { create, globals } = require(name) as Pick<Dawn, 'create' | 'globals'>;
    return { create, globals, version: packageVersion(name) };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new Error(
      name === installed
        ? `the npm package webgpu in ${installed} does not load (${reason}); npx kit gpu --engine webgpu --force installs it again`
        : 'the npm package webgpu is not installed; npx kit gpu --engine webgpu brings it',
    );
  }
}

const FLAGS = [
  ...(process.platform === 'linux' ? ['backend=vulkan'] : []),
  'enable-dawn-features=allow_unsafe_apis',
  'disable-dawn-features=timestamp_quantization',
];

/** The GPU that Dawn prefers, and the instance that it belongs to: that must live as long as the GPU is used. */
export interface FoundAdapter {
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  readonly isSoftware: boolean;
}

/**
 * The fastest adapter; one that computes on the processor only where there is no other.
 *
 * Without a display NVIDIA's own Vulkan driver file, which names the GLX library, gives no adapter; its EGL library does,
 * so it is tried where there is an NVIDIA GPU and nobody chose a driver file.
 *
 * @throws Error whose first line says what is missing and what to install
 */
export async function findAdapter(dawn: Dawn): Promise<FoundAdapter> {
  const found = await requestAdapter(dawn);
  if (found !== null && !found.isSoftware) return found;
  if (existsSync('/dev/nvidiactl') && !process.env.VK_DRIVER_FILES && !process.env.VK_ICD_FILENAMES) {
    process.env.VK_DRIVER_FILES = writeNvidiaDriverFile();
    const other = await requestAdapter(dawn);
    if (other !== null) return other;
    delete process.env.VK_DRIVER_FILES;
  }
  if (found !== null) return found;
  throw new Error(whyNoAdapter());
}

async function requestAdapter(dawn: Dawn): Promise<FoundAdapter | null> {
  const gpu = dawn.create(FLAGS);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  return adapter === null ? null : { gpu, adapter, isSoftware: isSoftware(adapter.info) };
}

function isSoftware(info: GPUAdapterInfo): boolean {
  const names = `${info.device} ${info.description} ${info.architecture} ${info.vendor}`;
  return info.isFallbackAdapter || /llvmpipe|lavapipe|swiftshader|basic render/i.test(names);
}

function writeNvidiaDriverFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'kit-vulkan-')), 'nvidia_egl_icd.json');
  const icd = { library_path: 'libEGL_nvidia.so.0', api_version: '1.3.0' };
  writeFileSync(path, JSON.stringify({ file_format_version: '1.0.1', ICD: icd }));
  return path;
}

function whyNoAdapter(): string {
  if (process.platform === 'linux' && failureToOpen('libvulkan.so.1') !== null) {
    return 'the Vulkan loader libvulkan.so.1 does not load here; install libvulkan1 (Debian, Ubuntu), vulkan-loader (Fedora) or vulkan-icd-loader (Arch)';
  }
  return process.platform === 'linux'
    ? "WebGPU finds no GPU: install the Vulkan driver of your GPU's maker (NVIDIA's driver from 535 on, or Mesa 23 or newer for AMD and Intel)"
    : 'WebGPU finds no GPU on this machine';
}
