import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMatlabFile, readMatlabFile } from '../../src/datasets/matlab-file.js';
import { KitError } from '../../src/kit-error.js';

const CARS = join(process.env.KIT_DATA ?? join(__dirname, '..', '..', '..', 'shared', 'data'), 'cars196');

function element(type: number, data: Buffer): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([tag, data, Buffer.alloc(type === 15 ? 0 : (8 - (data.length % 8)) % 8)]);
}
function integers(...values: number[]): Buffer {
  const data = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) data.writeInt32LE(value, i * 4);
  return element(5, data);
}
function matrix(ofClass: number, dimensions: number[], name: string, ...content: Buffer[]): Buffer {
  const head = [integers(ofClass, 0), integers(...dimensions), element(1, Buffer.from(name))];
  return element(14, Buffer.concat([...head, ...content]));
}
function fileOf(...variables: Buffer[]): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126);
  return Buffer.concat([header, ...variables]);
}
const numbers = matrix(6, [1, 3], 'n', element(2, Buffer.from([1, 2, 250])));
const text = matrix(4, [2, 2], 't', element(4, Buffer.from('a\0c\0b\0d\0')));
const cells = matrix(
  1,
  [1, 2],
  'c',
  matrix(4, [1, 1], '', element(16, Buffer.from('é'))),
  element(14, Buffer.alloc(0)),
);
const structs = matrix(2, [1, 1], 's', integers(4), element(1, Buffer.from('x\0\0\0y\0\0\0')), numbers, text);

describe('the MATLAB reader', () => {
  it('reads numbers, text by rows, cells and structs, compressed or not', () => {
    const file = parseMatlabFile(fileOf(numbers, text, element(15, deflateSync(cells)), structs), 'made up');
    expect(file.get('n')).toEqual({
      kind: 'numbers',
      dimensions: [1, 3],
      values: Float64Array.of(1, 2, 250),
    });
    expect(file.get('t')).toMatchObject({ kind: 'text', text: 'ab\ncd' });
    expect(file.get('c')).toMatchObject({ kind: 'cells', cells: [{ text: 'é' }, { dimensions: [0, 0] }] });
    const value = file.get('s');
    if (value?.kind !== 'structs') throw new Error('no structs');
    expect([...value.elements[0].keys()]).toEqual(['x', 'y']);
  });

  it.each([
    ['version 7.3', Buffer.concat([Buffer.alloc(124, ' '), Buffer.from([0, 2]), Buffer.from('IM')]), /7\.3/],
    ['complex numbers', fileOf(matrix(6 | 0x800, [1, 1], 'z', element(2, Buffer.from([1])))), /complex/],
    ['a sparse matrix', fileOf(matrix(5, [1, 1], 'z')), /sparse/],
    ['a bomb', fileOf(element(15, deflateSync(Buffer.alloc(80 * 2 ** 20)))), /more than 64 MiB/],
    ['a lie about its size', fileOf(matrix(1, [100_000, 100_000], 'z')), /10000000000 elements/],
  ])('refuses %s by name', (_name, bytes, message) => {
    expect(() => parseMatlabFile(bytes, 'odd.mat')).toThrow(KitError);
    expect(() => parseMatlabFile(bytes, 'odd.mat')).toThrow(message);
  });

  const small = fileOf(numbers, text, element(15, deflateSync(cells)), structs);
  const real = join(CARS, 'devkit', 'cars_meta.mat');
  const files: [name: string, bytes: Buffer][] = [['a made-up file', small]];
  if (existsSync(real)) files.push(['a real file', readFileSync(real)]);
  it.each(files)('gives values or a KitError, nothing else, however %s is cut or flipped', (_name, bytes) => {
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.boolean(), flips, (length, cut, changes) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of changes) damaged[at] = value;
        try {
          parseMatlabFile(cut ? damaged.subarray(0, length) : damaged, 'damaged.mat');
        } catch (error) {
          expect(error).toBeInstanceOf(KitError);
          expect((error as KitError).code).toBe('unsupported-file');
        }
      }),
      { numRuns: 1500, seed: 1 },
    );
  });

  it.skipIf(!existsSync(CARS))('reads the real annotation files of both packagings, and they agree', () => {
    const rows = (file: string) => {
      const value = readMatlabFile(join(CARS, file)).get('annotations');
      if (value?.kind !== 'structs') throw new Error(`${file} has no annotations`);
      return value.elements.map((row) =>
        ['class', 'bbox_x1', 'bbox_y1', 'bbox_x2', 'bbox_y2']
          .map((field) => {
            const number = row.get(field);
            return number?.kind === 'numbers' ? number.values[0] : Number.NaN;
          })
          .join(),
      );
    };
    const whole = rows('cars_annos.mat');
    const halves = [...rows('devkit/cars_train_annos.mat'), ...rows('cars_test_annos_withlabels.mat')];
    expect(whole.length).toBe(16_185);
    expect(halves.length).toBe(16_185);
    expect(whole.filter((row) => Number(row.split(',')[0]) <= 98).length).toBe(8054);
    expect([...halves].sort()).toEqual([...whole].sort());
  });
});
