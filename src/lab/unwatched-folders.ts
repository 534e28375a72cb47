interface Watcher {
  close(): void;
}

/** The part of TypeScript's `ts.sys` that watches. */
interface FileSystem {
  watchFile?: (path: string, ...rest: never[]) => Watcher;
  watchDirectory?: (path: string, ...rest: never[]) => Watcher;
}

/**
 * Of what a notebook imports, its own files go on being watched, and folders and packages do not: tslab's compiler fails ("Unexpected
 * pending rebuildTimer") where a package is installed, or a folder made or removed, while a notebook runs. To be called before
 * tslab starts.
 */
export function watchNoFolders(system: FileSystem): void {
  const { watchFile } = system;
  const nothing = () => ({ close: () => {} });
  const isOfPackage = (path: string) => /[\\/]node_modules[\\/]|package\.json$/.test(path);
  system.watchDirectory = nothing;
  if (watchFile !== undefined)
    system.watchFile = (path, ...rest) => (isOfPackage(path) ? nothing() : watchFile(path, ...rest));
}
