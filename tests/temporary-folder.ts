import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the tests write goes to one folder, which goes when they end. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'angular-loss-kit-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
