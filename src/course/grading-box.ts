import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectRoot } from '../experiments/environment.js';

/** What a submission's process can read: a folder of copies, no links, with what an assignment imports; and how it is started. */
export interface GradingBox {
  readonly folder: string;
  /** Node's flags, up to the program. */
  readonly flags: readonly string[];
  /** Another user than the grader's, where the grader may choose one. */
  readonly user: { readonly uid?: number; readonly gid?: number };
  remove(): void;
}

const PACKAGES = ['tslab', 'semver', '@tslab/typescript-for-tslab', '@types/node'];
/** `nobody`, by number: present or not, it owns nothing. */
const NOBODY = 65534;

/**
 * Makes the box that all submissions of one grading run in; none can write to it.
 *
 * The permission model grants by path as it is written, and a link in a granted folder would lead out of it, so the box has copies:
 * the kit's part for assignments in one file, and the declarations that cells are compiled against. Of `node_modules` the packages
 * that run a cell are granted, and never the link from the project to itself, through which the masters could be read.
 *
 * @param heapMegabytes of JavaScript's heap
 */
export function makeGradingBox(heapMegabytes: number): GradingBox {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kit-course-')));
  const root = realpathSync(projectRoot);
  const built = join(root, 'dist');
  const kit = join(folder, 'node_modules', 'angular-loss-kit', 'dist');
  mkdirSync(kit, { recursive: true });
  cpSync(built, kit, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || path.endsWith('.d.ts'),
  });
  const display = join(root, 'node_modules', 'tslab', 'dist', 'jupyter.js');
  buildSync({
    entryPoints: [join(built, 'course', 'index.js')],
    outfile: join(kit, 'course', 'index.js'),
    bundle: true,
    platform: 'node',
    external: [display],
    alias: { 'tslab/dist/jupyter.js': display },
    logLevel: 'error',
  });
  const readable = [folder, built, ...PACKAGES.map((name) => join(root, 'node_modules', name))];
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const flags = [
    '--no-warnings',
    permission,
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${Math.floor(heapMegabytes)}`,
    // Math.random gives the same numbers in every grading.
    '--random-seed=1',
  ];
  openToRead(folder);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const doors = `--require=${join(built, 'course', 'closed-doors.js')}`;
  return {
    folder,
    flags: [...flags, doors],
    user: otherUser(folder, flags, [join(kit, 'course', 'index.js'), display]),
    remove,
  };
}

function openToRead(folder: string): void {
  chmodSync(folder, 0o755);
  for (const name of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, name.name);
    if (name.isDirectory()) openToRead(path);
    else chmodSync(path, 0o644);
  }
}

/** Started by root, submissions run as nobody, if nobody can read what it takes. */
function otherUser(folder: string, flags: readonly string[], needed: readonly string[]): GradingBox['user'] {
  if (process.getuid?.() !== 0) return {};
  const user = { uid: NOBODY, gid: NOBODY };
  try {
    execFileSync(
      process.execPath,
      [...flags, '-e', `${JSON.stringify(needed)}.forEach((path) => require('fs').readFileSync(path))`],
      {
        cwd: folder,
        timeout: 60_000,
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
        ...user,
      },
    );
    return user;
  } catch {
    return {};
  }
}
