import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

export const kitPath = resolve('dist', 'cli', 'main.js');

/** Runs the built command as a user does. */
export function runKit(args: readonly string[], environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [kitPath, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}
