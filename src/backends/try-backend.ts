import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { BackendDescription, BackendName } from './start-backend.js';

/** How a backend started and computed something in a process of its own, or why it did not. */
export type TriedBackend =
  | { readonly backend: BackendDescription }
  | { readonly backend: null; readonly reason: string };

/**
 * Starts a backend in a process of its own, where a library that does not fit this machine ends only that process.
 *
 * @param name undefined for the fastest that starts
 * @param options.engines folder of the engines, instead of the usual one
 */
export function tryBackend(
  name: BackendName | undefined,
  options: { readonly engines?: string } = {},
): TriedBackend {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [join(__dirname, 'try-backend-child.js')],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        KIT_BACKEND: name ?? '',
        ...(options.engines === undefined ? {} : { KIT_NATIVE: options.engines }),
      },
    },
  );
  const answer = stdout.trim().split('\n').at(-1);
  if (status === 0 && answer?.startsWith('{')) return JSON.parse(answer) as TriedBackend;
  const said = stderr.trim().split('\n').at(-1);
  return {
    backend: null,
    reason: `its process ended with ${signal ?? `exit code ${status}`}${said ? ` (${said})` : ''}`,
  };
}
