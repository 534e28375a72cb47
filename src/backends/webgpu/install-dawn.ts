import { spawn } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../../files/file-lock.js';
import { makeFolder } from '../../files/make-folder.js';
import { KitError } from '../../kit-error.js';
import { complaintOf } from '../complaint-of.js';
import { nativeEngineFolder } from '../tensorflow/native-engine.js';

const DAWN = 'webgpu@0.6.2';
export const DAWN_MEGABYTES = 130;

/**
 * Installs the npm package `webgpu` into the folder of the engines, whole or not at all.
 *
 * @returns its folder
 * @throws KitError `download-failed`
 */
export async function installDawn(): Promise<string> {
  const root = nativeEngineFolder();
  const folder = join(root, 'webgpu');
  await withLock(join(root, 'webgpu.lock'), async () => {
    const building = join(root, 'webgpu.building');
    rmSync(building, { recursive: true, force: true });
    makeFolder(building);
    try {
      writeFileSync(join(building, 'package.json'), '{ "private": true }\n');
      await npmInstall(building);
      rmSync(folder, { recursive: true, force: true });
      renameSync(building, folder);
    } finally {
      rmSync(building, { recursive: true, force: true });
    }
  });
  return folder;
}

async function npmInstall(folder: string): Promise<void> {
  const npm = spawn(
    'npm',
    ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', DAWN],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const complaint = await complaintOf(npm);
  if (complaint === null) return;
  throw new KitError(
    'download-failed',
    `npm could not install ${DAWN}. Check that the npm registry can be reached, and run again.\n  ${complaint}`,
  );
}
