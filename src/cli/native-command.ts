import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { openPromise } from 'yauzl';
import { nativeEngineFolder } from '../backends/tensorflow/native-engine.js';
import { makeFolder } from '../files/make-folder.js';
import { KitError } from '../kit-error.js';

const WHEEL = {
  requirement: 'tensorflow-cpu==2.15.1',
  platform: 'manylinux_2_17_x86_64',
  python: '3.11',
  sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
};
const TFJS_NODE = '4.22.0';
/** Source of the binding, headers of Node's C interface, and what the binding's JavaScript half requires. */
const PACKAGES = {
  'tfjs-node': `@tensorflow/tfjs-node@${TFJS_NODE}`,
  'node-api-headers': 'node-api-headers@1.9.0',
  'node_modules/google-protobuf': 'google-protobuf@3.21.4',
};
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const HEADERS =
  /^tensorflow\/include\/(tensorflow\/c\/|tensorflow\/core\/platform\/|tsl\/platform\/|tsl\/c\/)/;

/**
 * `kit native`: builds tfjs-node's own binding against the TensorFlow library inside PyPI's tensorflow-cpu wheel, for
 * where the library that tfjs-node downloads can't be reached. Everything lands in one folder, whole or not at all.
 */
export async function nativeCommand(options: { force?: boolean }): Promise<void> {
  const folder = nativeEngineFolder();
  if (existsSync(folder) && !options.force) {
    say(`The engine is in ${folder} already (--force builds it again). KIT_BACKEND=tensorflow-cpu uses it.`);
    return;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw unavailable(
      `kit native builds for Linux on x64; this is ${process.platform} on ${process.arch}. Use npm install @tensorflow/tfjs-node@${TFJS_NODE}, or the wasm backend.`,
    );
  }
  const python = firstThatRuns(['python3', 'python'], ['-m', 'pip', '--version'], 'pip (python3 -m pip)');
  const compiler = firstThatRuns(
    ['c++', 'g++', 'clang++'],
    ['--version'],
    'a C++17 compiler (g++ or clang++)',
  );
  const work = `${folder}.${process.pid}.tmp`;
  rmSync(work, { recursive: true, force: true });
  try {
    makeFolder(work);
    say(`1/4 ${WHEEL.requirement} (207 MB) …`);
    await unpackWheel(await downloadWheel(python, work), work);
    say('2/4 source of the binding …');
    for (const [place, name] of Object.entries(PACKAGES)) await unpackPackage(name, join(work, place));
    say(`3/4 compiling with ${compiler} …`);
    compile(compiler, work);
    writeFileSync(
      join(work, 'engine.json'),
      JSON.stringify({
        versions: {
          '@tensorflow/tfjs-node (binding)': TFJS_NODE,
          'tensorflow-cpu (PyPI)': WHEEL.requirement.split('==')[1],
        },
      }),
    );
    say('4/4 first multiplication …');
    tryOut(work);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  say(`The engine is in ${folder}. It is used from now on; kit lab --check says so.`);
}

function downloadWheel(python: string, work: string): Promise<string> {
  const { requirement, platform, python: version, sha256 } = WHEEL;
  const wanted = ['--no-deps', '--only-binary', ':all:', '--python-version', version, '--platform', platform];
  run(
    python,
    [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      ...wanted,
      '--dest',
      work,
      requirement,
    ],
    {
      failed: `pip could not download ${requirement}. Check that PyPI, or the mirror that pip is set to, can be reached.`,
    },
  );
  const file = readdirSync(work).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw unavailable(`pip downloaded no wheel of ${requirement}.`);
  return verified(join(work, file), sha256);
}

async function verified(path: string, expected: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const found = hash.digest('hex');
  if (found !== expected)
    throw unavailable(
      `${basename(path)} has the SHA-256 ${found}; expected ${expected}. Nothing was installed.`,
    );
  return path;
}

async function unpackWheel(wheel: string, work: string): Promise<void> {
  const archive = await openPromise(wheel);
  try {
    for await (const entry of archive.eachEntry()) {
      const library = LIBRARIES.find((name) => entry.fileName === `tensorflow/${name}`);
      const header = HEADERS.test(entry.fileName) && entry.fileName.endsWith('.h');
      if (library === undefined && !header) continue;
      const to = join(
        work,
        library === undefined ? entry.fileName.replace('tensorflow/', '') : `lib/${library}`,
      );
      makeFolder(dirname(to));
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(to));
    }
  } finally {
    archive.close();
  }
  rmSync(wheel);
  for (const name of LIBRARIES) {
    if (!existsSync(join(work, 'lib', name))) throw unavailable(`The wheel holds no ${name}.`);
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

function compile(compiler: string, work: string): void {
  const include = ['include', 'node-api-headers/include'].flatMap((path) => ['-I', join(work, path)]);
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) =>
    join(work, 'tfjs-node', 'binding', file),
  );
  const libraries = [
    '-L',
    join(work, 'lib'),
    ...LIBRARIES.map((name) => `-l:${name}`),
    '-Wl,-rpath,$ORIGIN/lib',
  ];
  const output = ['-o', join(work, 'tfjs_binding.node')];
  run(
    compiler,
    [
      '-std=c++17',
      '-O2',
      '-shared',
      '-fPIC',
      '-DNAPI_VERSION=8',
      ...include,
      ...sources,
      ...libraries,
      ...output,
    ],
    {
      failed: `${compiler} could not compile the binding. It needs C++17 and the headers of the C++ library.`,
    },
  );
}

/** In a process of its own: a library that does not fit this machine must not end the command without a word. */
function tryOut(work: string): void {
  const script = `
    process.env.KIT_BACKEND = 'tensorflow-cpu';
    const tf = require('@tensorflow/tfjs');
    require(${JSON.stringify(join(__dirname, '..', 'backends', 'start-backend.js'))}).startBackend({ threads: 1 }).then(() => {
      const [value] = tf.matMul(tf.ones([1, 7]), tf.ones([7, 1])).dataSync();
      process.exit(value === 7 ? 0 : 1);
    }, (error) => { console.error(error.message); process.exit(1); });`;
  run(process.execPath, ['-e', script], {
    failed: 'The library was built but does not run here.',
    cwd: join(__dirname, '..', '..'),
    environment: { KIT_NATIVE: work },
  });
}

function run(
  command: string,
  args: readonly string[],
  options: { failed: string; cwd?: string; environment?: Record<string, string> },
): void {
  const { status, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    maxBuffer: 2 ** 26,
  });
  if (status === 0) return;
  const last = (error?.message ?? stderr ?? '').trim().split('\n').slice(-5).join('\n  ');
  throw unavailable(`${options.failed}\n  ${last}`);
}

function firstThatRuns(commands: readonly string[], args: readonly string[], what: string): string {
  const found = commands.find((command) => spawnSync(command, args).status === 0);
  if (found === undefined)
    throw unavailable(`kit native needs ${what}, which is not here. Install it and run again.`);
  return found;
}

function unavailable(message: string): KitError {
  return new KitError('backend-unavailable', message);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
