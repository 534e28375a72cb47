import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KitError, readEmbeddings, readNpy } from '../../src/index.js';
import { runKit } from '../cli/run-kit.js';
import { temporaryFolder } from '../picture-folder.js';
import { writeNpy } from './fixtures.js';

const numbers = [1.5, -2, 0.25, 4, 5, 6];
const bytes = (
  size: number,
  write: (buffer: Buffer, value: number, at: number) => void,
  values = numbers,
) => {
  const buffer = Buffer.alloc(size * values.length);
  for (const [i, value] of values.entries()) write(buffer, value, i * size);
  return buffer;
};
const float32 = bytes(4, (buffer, value, at) => buffer.writeFloatLE(value, at));

describe('a .npy file', () => {
  it.each([
    ['<f4', float32],
    ['>f4', bytes(4, (buffer, value, at) => buffer.writeFloatBE(value, at))],
    ['<f8', bytes(8, (buffer, value, at) => buffer.writeDoubleLE(value, at))],
    ['>f8', bytes(8, (buffer, value, at) => buffer.writeDoubleBE(value, at))],
  ])('of %s is read in either byte order', (description, data) => {
    const { shape, values } = readNpy(writeNpy(description, '3, 2', data));
    expect(shape).toEqual([3, 2]);
    expect(Array.from(values)).toEqual(numbers);
  });

  // Half floats: 1.5 = 0x3e00, −2 = 0xc000, 0.25 = 0x3400, the smallest 2⁻²⁴ = 0x0001, ∞ = 0x7c00.
  it('of 16-bit floats is read, the smallest and infinity too', () => {
    const data = bytes(
      2,
      (buffer, value, at) => buffer.writeUInt16LE(value, at),
      [0x3e00, 0xc000, 0x3400, 0x0001, 0x7c00],
    );
    expect(Array.from(readNpy(writeNpy('<f2', '5,', data)).values)).toEqual([
      1.5,
      -2,
      0.25,
      2 ** -24,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('big-endian, of float64 and in Fortran order at once comes out in rows', () => {
    const data = bytes(8, (buffer, value, at) => buffer.writeDoubleBE(value, at));
    expect(Array.from(readNpy(writeNpy('>f8', '3, 2', data, true)).values)).toEqual([1.5, 4, -2, 5, 0.25, 6]);
  });

  it('in Fortran order comes out in rows', () => {
    expect(Array.from(readNpy(writeNpy('<f4', '3, 2', float32, true)).values)).toEqual([
      1.5, 4, -2, 5, 0.25, 6,
    ]);
  });

  it.each([
    [
      'truncated',
      () => {
        const path = writeNpy('<f4', '3, 2', float32);
        truncateSync(path, 140);
        return path;
      },
      /which is 24 bytes, but 12 follow/,
    ],
    ['that claims 2⁴⁰ rows', () => writeNpy('<f4', '1099511627776, 2', float32), /but 24 follow/],
    [
      'that claims 2⁴⁰ rows in Fortran order',
      () => writeNpy('<f8', '1099511627776, 2', float32, true),
      /but 24 follow/,
    ],
    [
      'that ends within its header',
      () => {
        const path = writeNpy('<f4', '3, 2', float32);
        truncateSync(path, 40);
        return path;
      },
      /ends within its header/,
    ],
    ['of text', () => writeNpy('<U5', '3,', float32), /names no array of numbers/],
    ['of complex numbers', () => writeNpy('<c8', '3, 1', float32), /names no array of numbers/],
    ['of long doubles', () => writeNpy('<f16', '3, 2', float32), /names no array of numbers/],
    ['of objects', () => writeNpy('|O', '3,', float32), /names no array of numbers/],
    ['of three dimensions', () => writeNpy('<f4', '1, 3, 2', float32), /has 3 dimensions/],
    [
      'that is none',
      () => {
        const path = join(temporaryFolder(), 'x.npy');
        writeFileSync(path, 'hello, this is text');
        return path;
      },
      /does not begin as a \.npy file/,
    ],
    ['that is not there', () => '/nowhere.npy', /can't be opened \(ENOENT\)/],
  ])('%s is refused by name', (_, make, message) => {
    expect(() => readNpy(make())).toThrow(KitError);
    expect(() => readNpy(make())).toThrow(message);
  });
});

describe('embeddings with their labels', () => {
  const labels = (text: string) => {
    const path = join(temporaryFolder(), 'labels.txt');
    writeFileSync(path, text);
    return path;
  };

  it('are read from .npy and text, labels of any size', () => {
    const table = readEmbeddings(writeNpy('<f4', '3, 2', float32), labels('9000000000\n-4\n9000000000\n'));
    expect(Array.from(table.labels)).toEqual([0, 1, 0]);
    expect([table.dimension, ...table.vectors]).toEqual([2, ...numbers]);
  });

  it('are read from a CSV whose last column is the label, with or without a header', () => {
    const csv = labels('x,y,label\n1,2,7\n3,4,8\n').replace('.txt', '.txt');
    expect(readEmbeddings(csv)).toEqual({
      vectors: Float32Array.of(1, 2, 3, 4),
      dimension: 2,
      labels: Int32Array.of(0, 1),
    });
  });

  it('of another number, of uneven rows, or not finite are refused by row', () => {
    expect(() => readEmbeddings(writeNpy('<f4', '3, 2', float32), labels('1\n2\n'))).toThrow(
      /has 3 rows but .* has 2 labels/,
    );
    expect(() => readEmbeddings(labels('1,2,0\n1,0\n'))).toThrow(/row 1 has 2 columns, row 0 has 3/);
    expect(() => readEmbeddings(labels('1,2,0\n1,x,0\n'))).toThrow(/Row 1 has NaN in column 1/);
    expect(() => readEmbeddings(labels('1,x,0\n1,2,0\n'))).toThrow(/Row 0 has NaN in column 1/);
    expect(() => readEmbeddings(labels('1,,0\n1,2,0\n'))).toThrow(/Row 0 has NaN in column 1/);
    expect(() => readEmbeddings(labels('1,2\n3,4\n'), labels('1\n'))).toThrow(
      /has 2 rows but .* has 1 labels/,
    );
    expect(() => readEmbeddings(labels('1,2\n3,4\n5,6\n'), labels('1\n2\nwren\n'))).toThrow(
      /the label of row 2 is wren/,
    );
    expect(() => readEmbeddings(labels(''))).toThrow(/holds no rows/);
  });

  it.each([
    [Number.NaN, /Row 2 has NaN in column 1; every number must be finite/],
    [Number.POSITIVE_INFINITY, /Row 2 has Infinity in column 1/],
    [Number.NEGATIVE_INFINITY, /Row 2 has -Infinity in column 1/],
    // Beyond float32, finite in the file.
    [1e300, /row 2 has 1e\+300 in column 1, which float32 does not hold/],
  ])('with a %s in a .npy file are refused by row', (value, message) => {
    const data = bytes(8, (buffer, number, at) => buffer.writeDoubleLE(number, at), [1, 2, 3, 4, 5, value]);
    const { status, stderr } = runKit([
      'evaluate',
      writeNpy('<f8', '3, 2', data),
      '--labels',
      labels('1\n1\n2\n'),
    ]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  });

  it('are scored by the command: two classes that lie apart', () => {
    const csv = labels('1,0,1\n1,0.1,1\n0,1,2\n0.1,1,2\n');
    const { stdout, status } = runKit(['evaluate', csv, '--ks', '1,2']);
    expect(stdout).toMatch(/4 rows of 2 dimensions, 2 classes/);
    expect(stdout).toMatch(/Recall@1\s+100\.00/);
    expect(status).toBe(0);
    const beyond = runKit(['evaluate', csv, '--ks', '1,9']);
    expect(beyond.stderr).toMatch(/--ks has 9; with 4 rows K is a whole number between 1 and 3/);
    expect(beyond.status).toBe(1);
    expect(runKit(['evaluate', csv, '--ks', '1,x']).stderr).toMatch(/--ks has x;/);
    expect(runKit(['evaluate', csv, '--ks', '1', '--seed', 'x']).stderr).toMatch(/whole number, 0 or more/);
  });
});
