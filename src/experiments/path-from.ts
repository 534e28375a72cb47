import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';

/** A path that a spec names, as seen from the folder that the command runs in. @param file that names it */
export function pathFrom(file: string, named: string): string {
  const path = resolve(dirname(file), named);
  const below = relative(process.cwd(), path);
  return below.startsWith('..') || isAbsolute(below) ? path : below.split(sep).join('/');
}
