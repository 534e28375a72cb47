import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { BuildFailure, BuildResult } from 'esbuild';
import { z } from 'zod';
import { KitError } from '../kit-error.js';
import type { BatchLoss } from '../losses/batch-loss.js';
import type { ProxyOptions } from '../losses/proxies.js';

/** In a spec: a loss of the user's own, from a file. */
export const lossModule = {
  /** A .ts, .mts, .js or .mjs file, relative to the file that names it; in a record, to the folder that the command ran in. */
  module: z.string().min(1),
  /** Of the file and those that it imports by path; put in when the spec is read, so that a record names the loss it saw. */
  sha256: z.string().optional(),
  /** Passed to the file's function. */
  options: z.record(z.string(), z.unknown()).optional(),
  proxyLearningRateFactor: z.number().positive().optional(),
};

type LossModuleSpec = z.infer<z.ZodObject<typeof lossModule>>;

/** What a file's default export is: a function of options, and of what the run knows, that returns the loss. */
export type LossFactory = (options: Readonly<Record<string, unknown>>, run: ProxyOptions) => BatchLoss;

interface Bundle {
  readonly code: string;
  readonly sha256: string;
}

/** The loss with the checksum of its file. @throws KitError `invalid-spec` when a record's own checksum is another */
export function withChecksum<L extends LossModuleSpec>(loss: L, origin: string): L & { sha256: string } {
  const { sha256 } = bundle(loss.module);
  if (loss.sha256 !== undefined && loss.sha256 !== sha256) {
    throw new KitError(
      'invalid-spec',
      `${origin}: ${loss.module} is not the file that was used: SHA-256 ${loss.sha256.slice(0, 16)}… is asked for, it has ${sha256.slice(0, 16)}…. Put that file back, or remove loss.sha256 to take the file as it is now.`,
    );
  }
  return { ...loss, sha256 };
}

/** The file's function, its errors told with the line of the file. */
export function loadLossModule({ module: path, sha256 }: LossModuleSpec): LossFactory {
  const bundled = bundle(path);
  if (sha256 !== undefined && bundled.sha256 !== sha256)
    throw new KitError('invalid-spec', `${path} changed while the run was prepared. Start it again.`);
  const told = <R>(what: string, run: () => R): R => {
    try {
      return run();
    } catch (error) {
      if (error instanceof KitError) throw error;
      throw new KitError('invalid-spec', `The loss ${path} ${what}: ${messageOf(error, path)}`, {
        cause: error,
      });
    }
  };
  const factory: unknown = told('can not be loaded', () => run(bundled.code, resolve(path)));
  if (typeof factory !== 'function') {
    throw new KitError(
      'invalid-spec',
      `${path} has no default export that is a function. Expected: export default (options) => (embeddings, labels) => a scalar.`,
    );
  }
  return (options, context) => {
    const loss = told('can not be made', () => factory(options, context)) as BatchLoss;
    if (typeof loss !== 'function') {
      throw new KitError(
        'invalid-spec',
        `${path}: its default export returns ${nameOf(loss)}. Expected a function of options that returns the loss, a function (embeddings, labels) => a scalar.`,
      );
    }
    const checked = (embeddings: tf.Tensor2D, labels: ArrayLike<number>) => {
      const value: unknown = told('failed', () => loss(embeddings, labels));
      if (value instanceof tf.Tensor && value.size === 1) return value.reshape<tf.Scalar>([]);
      throw new KitError(
        'invalid-spec',
        `The loss ${path} returned ${value instanceof tf.Tensor ? `a tensor [${value.shape.join(', ')}]` : nameOf(value)}; expected a scalar tensor (end it with .mean()).`,
      );
    };
    return Object.assign(checked, { variables: loss.variables });
  };
}

function nameOf(value: unknown): string {
  return value instanceof tf.Tensor ? 'a tensor' : value instanceof Promise ? 'a promise' : String(value);
}

/** One script of a file and what it imports by path; packages stay outside, so that there is one tfjs. */
function bundle(path: string): Bundle {
  if (!existsSync(path))
    throw new KitError('invalid-spec', `There is no file ${resolve(path)} for the loss.`);
  const { buildSync } = require('esbuild') as typeof import('esbuild');
  let result: BuildResult<{ metafile: true; write: false }>;
  try {
    result = buildSync({
      entryPoints: [resolve(path)],
      bundle: true,
      packages: 'external',
      format: 'cjs',
      platform: 'node',
      target: `node${process.versions.node}`,
      sourcemap: 'inline',
      metafile: true,
      write: false,
      logLevel: 'silent',
      tsconfigRaw: {},
      absWorkingDir: dirname(resolve(path)),
    });
  } catch (error) {
    const [{ text, location }] = (error as BuildFailure).errors;
    const where =
      location === null
        ? path
        : `${join(dirname(path), location.file)}:${location.line}:${location.column + 1}`;
    throw new KitError('invalid-spec', `The loss can not be read: ${where}: ${text}`, { cause: error });
  }
  const hash = createHash('sha256');
  for (const input of Object.keys(result.metafile.inputs).sort())
    hash.update(`${input}\n`).update(readFileSync(join(dirname(resolve(path)), input)));
  return { code: result.outputFiles[0].text, sha256: hash.digest('hex') };
}

/** Node forgets a script's source map with the script, and errors would name lines of the bundle. */
const loadedScripts: Module[] = [];

/** Packages come from the kit first: a second tfjs would know nothing of its backend and tensors. */
function run(code: string, path: string): unknown {
  process.setSourceMapsEnabled(true);
  const script = new Module(path) as Module & { _compile(code: string, path: string): void };
  script.filename = path;
  script.paths = [createRequire(__filename), createRequire(path)].flatMap(
    (from) => from.resolve.paths('package') ?? [],
  );
  loadedScripts.push(script);
  script._compile(code, path);
  return (script.exports as { default?: unknown }).default;
}

/** The message and, where the stack has it, the line. */
function messageOf(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const name = path.split('/').at(-1) as string;
  const line = (error.stack ?? '')
    .split('\n')
    .find((entry) => entry.trim().startsWith('at ') && entry.includes(name));
  const at = line === undefined ? '' : ` (line ${/:(\d+):\d+\)?$/.exec(line)?.[1]})`;
  return `${error.message.split('\n')[0]}${at}`;
}
