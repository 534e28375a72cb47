import type { TriedBackend } from '../backends/try-backend.js';

/** What a person wants to know of a backend: device, threads, whether the same bits come again; or why it is not here. */
export function describeBackend(tried: TriedBackend): string {
  if (tried.backend === null) return `not here: ${tried.reason}`;
  const { device, threads, deterministic, versions } = tried.backend;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `runs on ${device}`,
    `${threads} thread${threads === 1 ? '' : 's'}`,
    deterministic ? 'the same bits again' : 'not the same bits again',
    packages.join(', '),
  ].join('; ');
}
