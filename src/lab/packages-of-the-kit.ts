import { existsSync } from 'node:fs';
import { sep } from 'node:path';

/** The folders of packages in which the kit finds its own, the kit among them. */
export function packageFolders(): string[] {
  return (require.resolve.paths('angular-loss-kit') ?? []).filter(mayBeRead);
}

/** Where Node's permission model grants few folders, as it does to submissions of the course, asking for another throws. */
function mayBeRead(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
}

/** The part of TypeScript's `ts.sys` that looks for packages. */
interface FileSystem {
  fileExists(path: string): boolean;
  directoryExists(path: string): boolean;
  getDirectories(path: string): string[];
  readFile(path: string, encoding?: string): string | undefined;
  realpath?(path: string): string;
}

/** The last folder in which the compiler looks for packages, whichever it begins with. */
const LAST = '/node_modules';

/**
 * Lets the compiler find the kit's packages from any folder: where none between it and the root has a package, as the last
 * place, which is what NODE_PATH is to `require`.
 */
export function findPackagesOfTheKit(
  system: FileSystem,
  folders: readonly string[] = packageFolders(),
): void {
  if (folders.length === 0) return;
  const { fileExists, directoryExists, getDirectories, readFile, realpath } = { ...system };
  const isThere = (path: string) => fileExists(path) || directoryExists(path);
  const place = (path: string) => {
    if ((path !== LAST && !path.startsWith(`${LAST}/`)) || isThere(path)) return path;
    const ways = folders.map((folder) => folder.split(sep).join('/') + path.slice(LAST.length));
    return ways.find(isThere) ?? path;
  };
  system.fileExists = (path) => fileExists(place(path));
  system.directoryExists = (path) => directoryExists(place(path));
  system.getDirectories = (path) => getDirectories(place(path));
  system.readFile = (path, encoding) => readFile(place(path), encoding);
  if (realpath !== undefined) system.realpath = (path) => realpath(place(path));
}
