import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { BackendDescription } from '../backends/start-backend.js';
import { scoreEngine } from '../evaluation/start-score-engine.js';
import type { RunRecord } from '../types/run-record.js';

/** The project's own folder, wherever the command was called from. */
export const projectRoot = join(__dirname, '..', '..');

/**
 * What a record says of the machine, the code and the packages.
 *
 * @param alsoCode folders beside src/ that the numbers come from, in the project
 */
export async function describeEnvironment(
  backend: BackendDescription,
  alsoCode: readonly string[] = [],
): Promise<RunRecord['environment']> {
  const kit = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  return {
    commit: commitOf(projectRoot, alsoCode),
    backend: backend.name,
    device: backend.device,
    threads: backend.threads,
    versions: {
      kit: kit.version,
      node: process.versions.node,
      ...backend.versions,
      scores: (await scoreEngine()).name,
      sharp: sharp.versions.sharp ?? 'unknown',
    },
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
  };
}

/** The checked-out commit, `-dirty` appended where what runs differs from it; `unknown` outside git. */
export function commitOf(folder: string, alsoCode: readonly string[] = []): string {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const code = ['src', 'package.json', 'package-lock.json', ...alsoCode];
    const changed = git('status', '--porcelain', '--', ...code) !== '';
    return `${git('rev-parse', 'HEAD')}${changed ? '-dirty' : ''}`;
  } catch {
    return 'unknown';
  }
}
