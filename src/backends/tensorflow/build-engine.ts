import { spawnSync } from 'node:child_process';
import { readdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { extract } from 'tar';
import { withLock } from '../../files/file-lock.js';
import { makeFolder } from '../../files/make-folder.js';
import { KitError } from '../../kit-error.js';
import { nvidiaGpus } from '../nvidia-gpu.js';
import type { BackendDescription, BackendName } from '../start-backend.js';
import { tryBackend } from '../try-backend.js';
import { downloadMegabytes, type EngineForm, LEAST_NVIDIA_DRIVER, TFJS_NODE } from './engine-forms.js';
import { nativeEngineFolder } from './native-engine.js';
import { downloadWheel, unpackWheel } from './python-wheel.js';

/** Source of the binding, headers of Node's C interface, and what the binding's JavaScript half requires. */
const PACKAGES = {
  'tfjs-node': `@tensorflow/tfjs-node@${TFJS_NODE}`,
  'node-api-headers': 'node-api-headers@1.9.0',
  'node_modules/google-protobuf': 'google-protobuf@3.21.4',
};
const TENSORFLOW = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/;
const HEADERS = /^tensorflow\/(include\/(?:tensorflow\/c|tensorflow\/core\/platform|tsl|xla\/tsl)\/.*\.h)$/;
const CUDA = /^(nvidia\/\w+\/lib\/[^/]+\.so[^/]*)$/;

export interface BuildOptions {
  readonly onStep?: (line: string) => void;
  /** Megabytes downloaded of all. */
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

/**
 * Builds tfjs-node's own binding against the TensorFlow library inside PyPI's wheel, into the engine's folder, whole or not
 * at all. Downloads that are whole stay until the engine stands.
 *
 * @returns the backend that starts on it here
 * @throws KitError `backend-unavailable` (another platform, a missing tool, too little disk, too old a driver, a library that
 *   does not run here), `download-failed`
 */
export async function buildEngine(form: EngineForm, options: BuildOptions = {}): Promise<BackendDescription> {
  const { python, compiler } = requireMachine(form);
  const root = nativeEngineFolder();
  return withLock(join(root, 'tensorflow.lock'), async () => {
    const building = join(root, 'tensorflow.building');
    const folder = join(building, 'tensorflow');
    rmSync(building, { recursive: true, force: true });
    makeFolder(folder);
    try {
      const downloads = join(root, 'tensorflow.downloads');
      options.onStep?.(
        `1/4 ${form.wheels.map(({ requirement }) => requirement).join(', ')} (${downloadMegabytes(form)} MB) …`,
      );
      await unpackWheels(form, { python, downloads, folder, onProgress: options.onProgress });
      options.onStep?.('2/4 source of the binding …');
      for (const [place, name] of Object.entries(PACKAGES)) await unpackPackage(name, join(folder, place));
      options.onStep?.(`3/4 compiling with ${compiler} …`);
      compile(compiler, folder);
      for (const path of form.emptyLibraries) compileEmptyLibrary(compiler, join(folder, path));
      writeDescription(form, folder);
      options.onStep?.('4/4 first multiplication …');
      const tried = tryEngine(form, building);
      rmSync(join(root, 'tensorflow'), { recursive: true, force: true });
      renameSync(folder, join(root, 'tensorflow'));
      rmSync(downloads, { recursive: true, force: true });
      return tried;
    } finally {
      rmSync(building, { recursive: true, force: true });
    }
  });
}

/** What has to be here, said before anything is downloaded. */
function requireMachine(form: EngineForm): { python: string; compiler: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw unavailable(
      `TensorFlow's engine is built for Linux on x64; this is ${process.platform} on ${process.arch}. ${
        form.name === 'gpu'
          ? 'npx kit gpu --engine webgpu brings one for any GPU'
          : `Use npm install @tensorflow/tfjs-node@${TFJS_NODE}, or the wasm backend`
      }.`,
    );
  }
  if (form.name === 'gpu') requireDriver(nvidiaGpus()[0]?.driver);
  requireDisk(form);
  return {
    python: firstThatRuns(['python3', 'python'], ['-m', 'pip', '--version'], 'pip (python3 -m pip)'),
    compiler: firstThatRuns(['c++', 'g++', 'clang++'], ['--version'], 'a C++17 compiler (g++ or clang++)'),
  };
}

/** @param driver undefined where there is no GPU, as on a machine that builds for another */
export function requireDriver(driver: string | undefined): void {
  if (driver === undefined) return;
  const [found, least] = [driver, LEAST_NVIDIA_DRIVER].map((version) => version.split('.').map(Number));
  const differing = least.findIndex((number, i) => number !== (found[i] ?? 0));
  if (differing === -1 || (found[differing] ?? 0) > least[differing]) return;
  throw unavailable(
    `NVIDIA's driver here is ${driver}; CUDA 12 needs ${LEAST_NVIDIA_DRIVER} or newer. Install a newer driver and run again.`,
  );
}

function requireDisk({ diskMegabytes }: EngineForm): void {
  const root = nativeEngineFolder();
  makeFolder(root);
  const { bavail, bsize } = statfsSync(root);
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free >= diskMegabytes) return;
  throw unavailable(
    `${root} has ${free} MB of disk left; building the engine needs ${diskMegabytes}. Free some, or set KIT_NATIVE to a folder on a larger disk.`,
  );
}

async function unpackWheels(
  form: EngineForm,
  options: {
    python: string;
    downloads: string;
    folder: string;
    onProgress: BuildOptions['onProgress'];
  },
): Promise<void> {
  const total = downloadMegabytes(form);
  let done = 0;
  for (const wheel of form.wheels) {
    const path = await downloadWheel(wheel, {
      python: options.python,
      folder: options.downloads,
      onProgress: (megabytes) =>
        options.onProgress?.(wheel.requirement, Math.min(total, done + Math.round(megabytes)), total),
    });
    done += wheel.megabytes;
    options.onProgress?.(wheel.requirement, done, total);
    const places = await unpackWheel(path, (file) => {
      const library = TENSORFLOW.exec(file)?.[1];
      if (library !== undefined) return join(options.folder, 'lib', library);
      const place = (HEADERS.exec(file) ?? CUDA.exec(file))?.[1];
      return place === undefined ? undefined : join(options.folder, place);
    });
    if (!places.some((place) => /\.so/.test(place))) {
      throw unavailable(`The wheel of ${wheel.requirement} holds no library where it should be.`);
    }
  }
}

async function unpackPackage(name: string, to: string): Promise<void> {
  makeFolder(to);
  run('npm', ['pack', '--silent', '--pack-destination', to, name], {
    failed: `npm could not download ${name}. Check that the npm registry can be reached.`,
  });
  const archive = readdirSync(to).find((file) => file.endsWith('.tgz')) as string;
  await extract({ file: join(to, archive), cwd: to, strip: 1 });
  rmSync(join(to, archive));
}

function compile(compiler: string, folder: string): void {
  const include = ['include', 'node-api-headers/include'].flatMap((path) => ['-I', join(folder, path)]);
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) =>
    join(folder, 'tfjs-node', 'binding', file),
  );
  const libraries = [
    '-L',
    join(folder, 'lib'),
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    '-Wl,-rpath,$ORIGIN/lib',
  ];
  const output = ['-o', join(folder, 'tfjs_binding.node')];
  const kind = ['-std=c++17', '-O2', '-shared', '-fPIC', '-DNAPI_VERSION=8'];
  run(compiler, [...kind, ...include, ...sources, ...libraries, ...output], {
    failed: `${compiler} could not compile the binding. It needs C++17 and the headers of the C++ library.`,
  });
}

function compileEmptyLibrary(compiler: string, path: string): void {
  makeFolder(dirname(path));
  const name = `-Wl,-soname,${basename(path)}`;
  run(compiler, ['-shared', '-fPIC', '-nostdlib', '-x', 'c++', '/dev/null', name, '-o', path], {
    failed: `${compiler} could not make the empty library ${basename(path)}.`,
  });
}

function writeDescription(form: EngineForm, folder: string): void {
  const versions = Object.fromEntries(
    form.wheels
      .map(({ requirement }) => requirement.split('=='))
      .map(([name, version]) => [`${name} (PyPI)`, version]),
  );
  writeFileSync(
    join(folder, 'engine.json'),
    JSON.stringify({
      versions: { '@tensorflow/tfjs-node (binding)': TFJS_NODE, ...versions },
      cudaLibraries: form.cudaLibraries,
    }),
  );
}

/** On the GPU where it was built for one, else on the processor. */
function tryEngine(form: EngineForm, root: string): BackendDescription {
  const absent: { name: BackendName; reason: string }[] = [];
  const names: readonly BackendName[] =
    form.name === 'gpu' ? ['tensorflow-gpu', 'tensorflow-cpu'] : ['tensorflow-cpu'];
  for (const name of names) {
    const tried = tryBackend(name, { engines: root });
    if (tried.backend !== null) return { ...tried.backend, absent };
    absent.push({ name, reason: tried.reason });
  }
  const reasons = absent.map(({ name, reason }) => `${name}: ${reason}`).join('\n  ');
  throw unavailable(`The library was built but does not run here.\n  ${reasons}`);
}

function run(command: string, args: readonly string[], options: { readonly failed: string }): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status === 0) return;
  const last = (error?.message ?? stderr ?? '').trim().split('\n').slice(-5).join('\n  ');
  throw unavailable(`${options.failed}\n  ${last}`);
}

function firstThatRuns(commands: readonly string[], args: readonly string[], what: string): string {
  const found = commands.find((command) => spawnSync(command, args).status === 0);
  if (found === undefined)
    throw unavailable(`TensorFlow's engine needs ${what}, which is not here. Install it and run again.`);
  return found;
}

function unavailable(message: string): KitError {
  return new KitError('backend-unavailable', message);
}
