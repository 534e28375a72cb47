import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { KitError } from '../kit-error.js';
import { type NpyArray, parseNpy, parseNpyText } from './npy-file.js';

/** One array of an .npz file. */
export interface NpzArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its words, where it is an array of text of one dimension. */
  readonly text?: readonly string[];
  /** @throws KitError `unsupported-file` */
  read(): NpyArray;
}

/**
 * The arrays of an .npz file, as numpy.savez and savez_compressed write it.
 *
 * @throws KitError `unsupported-file`
 */
export function readNpz(path: string): NpzArray[] {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(readFileSync(path), { filter: ({ name }) => name.endsWith('.npy') });
  } catch (error) {
    throw new KitError(
      'unsupported-file',
      `${path} can't be read as an .npz file (${(error as Error).message}). Expected what numpy.savez writes.`,
      { cause: error },
    );
  }
  return Object.entries(entries).flatMap(([file, bytes]) => {
    const where = `${path}, ${file}`;
    const words = asNumbers(() => parseNpyText(bytes, where));
    const shape = words?.shape ?? asNumbers(() => parseNpy(bytes, where))?.shape;
    if (shape === undefined) return [];
    return {
      name: file.replace(/\.npy$/, ''),
      shape,
      ...(words === undefined ? {} : { text: words.words }),
      read: () => parseNpy(bytes, where),
    };
  });
}

/** Undefined for what is neither rows nor labels, as settings that were saved beside them. */
function asNumbers<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof KitError) return undefined;
    throw error;
  }
}
