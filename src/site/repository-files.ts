import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { KitError } from '../kit-error.js';

/** What the site shows of the repository: its files as git knows them, new ones included, ignored ones not. */
export interface RepositoryFiles {
  readonly root: string;
  /** Paths from the root, sorted. */
  readonly paths: readonly string[];
  isFile(path: string): boolean;
  isFolder(path: string): boolean;
}

/** @throws KitError `site-failed` outside of a git checkout */
export function repositoryFiles(root: string): RepositoryFiles {
  let listed: string;
  try {
    listed = execFileSync('git', ['-C', root, 'ls-files', '-z', '-co', '--exclude-standard'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    throw new KitError(
      'site-failed',
      `git can't list the files of ${root}. The site shows what git knows of: build it in a checkout, with git installed.`,
      { cause: error },
    );
  }
  const paths = [...new Set(listed.split('\0'))]
    .filter((path) => path !== '' && existsSync(join(root, path)) && statSync(join(root, path)).isFile())
    .sort();
  const files = new Set(paths);
  const folders = new Set(['']);
  for (const path of paths)
    for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder))
      folders.add(folder);
  return { root, paths, isFile: (path) => files.has(path), isFolder: (path) => folders.has(path) };
}
