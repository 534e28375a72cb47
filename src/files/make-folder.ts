import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it, where they are not there. Not Node's own recursion: that never ends where the system
 * answers that the parent is missing though it is there, as under /proc.
 *
 * @throws what mkdir throws
 */
export function makeFolder(path: string): void {
  const whole = resolve(path);
  if (existsSync(whole) || dirname(whole) === whole) {
    // Answers EEXIST where it is a file.
    mkdirSync(whole, { recursive: true });
    return;
  }
  makeFolder(dirname(whole));
  try {
    mkdirSync(whole);
  } catch (error) {
    // Another process may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
