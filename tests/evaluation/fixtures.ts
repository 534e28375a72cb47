import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../picture-folder.js';

/** A .npy file by hand: header as numpy writes it, then `data`. */
export function writeNpy(description: string, shape: string, data: Buffer, fortran = false): string {
  const text = `{'descr': '${description}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }`;
  const header = Buffer.from(`${text.padEnd(117)}\n`, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  const path = join(temporaryFolder(), 'array.npy');
  writeFileSync(path, Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, header, data]));
  return path;
}
