import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { makeFolder } from '../../files/make-folder.js';
import { sha256OfFile } from '../../files/sha256-of-file.js';
import { KitError } from '../../kit-error.js';
import { complaintOf } from '../complaint-of.js';
import type { Wheel } from './engine-forms.js';

/**
 * Gets a wheel by pip, which knows the mirrors and proxies that this machine is set to. One that an earlier run brought is
 * taken; a connection that breaks is taken up where it broke, where pip can (25.1 and later).
 *
 * @param folder keeps it
 * @param onProgress megabytes of it that came so far
 * @returns the wheel's path
 * @throws KitError `download-failed`
 */
export async function downloadWheel(
  wheel: Wheel,
  options: {
    readonly python: string;
    readonly folder: string;
    readonly onProgress?: (megabytes: number) => void;
  },
): Promise<string> {
  const folder = join(options.folder, wheel.requirement);
  const kept = wheelIn(folder);
  if (kept !== undefined && (await sha256OfFile(kept)) === wheel.sha256) return kept;
  rmSync(folder, { recursive: true, force: true });
  makeFolder(folder);
  await runPip(wheel, { ...options, folder });
  const path = wheelIn(folder);
  const found = path === undefined ? null : await sha256OfFile(path);
  if (path !== undefined && found === wheel.sha256) return path;
  rmSync(folder, { recursive: true, force: true });
  throw new KitError(
    'download-failed',
    path === undefined
      ? `pip downloaded no wheel of ${wheel.requirement}.`
      : `The wheel of ${wheel.requirement} has the SHA-256 ${found}; expected ${wheel.sha256}. It was thrown away, and nothing was installed.`,
  );
}

function wheelIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((file) => file.endsWith('.whl'));
  return name === undefined ? undefined : join(folder, name);
}

async function runPip(
  { requirement, python, platform }: Wheel,
  options: { python: string; folder: string; onProgress?: (megabytes: number) => void },
): Promise<void> {
  // pip downloads into a temporary folder of its own, and so says how far it is.
  const temporary = join(options.folder, 'temporary');
  makeFolder(temporary);
  const wanted = ['--no-deps', '--only-binary', ':all:', '--python-version', python, '--platform', platform];
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-cache-dir'];
  const pip = spawn(
    options.python,
    ['-m', 'pip', 'download', ...quiet, ...wanted, '--dest', options.folder, requirement],
    {
      env: { PIP_RESUME_RETRIES: '20', ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const watch = setInterval(() => options.onProgress?.(megabytesIn(options.folder)), 500);
  const complaint = await complaintOf(pip).finally(() => clearInterval(watch));
  rmSync(temporary, { recursive: true, force: true });
  if (complaint === null) return;
  throw new KitError(
    'download-failed',
    `pip could not download ${requirement}. Check that PyPI, or the mirror that pip is set to, can be reached; wheels that are here already are kept.\n  ${complaint}`,
  );
}

function megabytesIn(folder: string): number {
  const sizes = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0);
  return Math.max(0, ...sizes) / 1e6;
}

/**
 * Unpacks some files of a wheel.
 *
 * @param placeOf where a file of the wheel goes, or undefined for one to leave out
 * @returns the places that were written
 */
export async function unpackWheel(
  wheel: string,
  placeOf: (file: string) => string | undefined,
): Promise<string[]> {
  const archive = await openPromise(wheel);
  const written: string[] = [];
  try {
    for await (const entry of archive.eachEntry()) {
      const to = placeOf(entry.fileName);
      if (to === undefined) continue;
      makeFolder(dirname(to));
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(to));
      written.push(to);
    }
  } finally {
    archive.close();
  }
  return written;
}
