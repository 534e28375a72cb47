import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { halfToNumber } from '../files/half-float.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';

/** A NumPy array of one or two dimensions, row-major whatever the order in the file. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: Float64Array | Float32Array;
}

interface NpyHeader {
  readonly shape: number[];
  readonly text: string;
  readonly kind: string;
  readonly bytes: number;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly dataStart: number;
}

type Reader = (view: DataView, at: number, littleEndian: boolean) => number;

const READERS: Readonly<Record<string, Reader>> = {
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  f2: (view, at, little) => halfToNumber(view.getUint16(at, little)),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  b1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
};

/** Where the bytes of an array come from. */
interface ByteSource {
  readonly name: string;
  readonly size: number;
  /** Fills the buffer from a position on; how many bytes there were. */
  read(into: Uint8Array, position: number): number;
}

/**
 * Reads a .npy file (format 1 to 3, of Python 2 too): floats of 16, 32 and 64 bits, integers of 8 to 64, booleans as 0 and
 * 1, either byte order, C or Fortran order. Nothing is allocated before the header's size was found to be the file's.
 *
 * @throws KitError `unsupported-file` naming the file and what is wrong
 */
export function readNpy(path: string): NpyArray {
  return withFile(path, parse);
}

/** The same from bytes in memory. */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  return parse(sourceOf(bytes, name));
}

/**
 * The labels of a .npy file: numbers or words of one dimension; [n, 1] and [1, n] count as that.
 *
 * @throws KitError `unsupported-file`, `invalid-embeddings` for any other shape
 */
export function readNpyLabels(path: string): (number | string)[] {
  const { shape, values } = withFile(path, (source) => parseText(source) ?? parse(source));
  const [rows, columns = 1] = shape;
  if (rows === 1 || columns === 1) return Array.from<number | string>(values);
  const oneHot =
    values.length > 0 && Array.from<number | string>(values).every((value) => value === 0 || value === 1);
  throw new KitError(
    'invalid-embeddings',
    `${path} has the shape (${shape}); labels have one dimension.${oneHot ? ' They look one-hot: save labels.argmax(1).' : ''}`,
  );
}

/** The words of an array of text (numpy's U and S) of one dimension; undefined where it holds something else. */
export function parseNpyText(
  bytes: Uint8Array,
  name: string,
): { readonly shape: readonly number[]; readonly words: readonly string[] } | undefined {
  const text = parseText(sourceOf(bytes, name));
  return text === undefined ? undefined : { shape: text.shape, words: text.values };
}

function sourceOf(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (into, position) => {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
}

function withFile<T>(path: string, take: (source: ByteSource) => T): T {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new KitError(
      'unsupported-file',
      `${path} can't be opened (${(error as NodeJS.ErrnoException).code}).`,
      { cause: error },
    );
  }
  try {
    return take({
      name: path,
      size: fstatSync(file).size,
      read: (into, position) => readSync(file, into, 0, into.length, position),
    });
  } finally {
    closeSync(file);
  }
}

function refusal(name: string): (what: string) => never {
  return (what) => {
    throw new KitError(
      'unsupported-file',
      `${name}: ${what}. Expected a .npy file of one or two dimensions, as numpy.save writes it.`,
    );
  };
}

function parse(source: ByteSource): NpyArray {
  const wrong = refusal(source.name);
  const header = readHeader(source, wrong);
  if (READERS[header.kind] === undefined) wrong(`the header ${header.text} names no array of numbers`);
  const count = header.shape.reduce((product, length) => product * length, 1);
  const found = source.size - header.dataStart;
  if (count * header.bytes !== found) {
    wrong(
      `the header says ${header.shape.join(' × ')} numbers of ${header.bytes} bytes, which is ${count * header.bytes} bytes, but ${found} follow`,
    );
  }
  return { shape: header.shape, values: readValues(source, header, count, wrong) };
}

function parseText(source: ByteSource): { shape: readonly number[]; values: string[] } | undefined {
  const wrong = refusal(source.name);
  const { kind, bytes, shape, dataStart, littleEndian } = readHeader(source, wrong);
  if (!/^[US]/.test(kind)) return undefined;
  const count = shape.reduce((product, length) => product * length, 1);
  const length = bytes * (kind[0] === 'U' ? 4 : 1);
  if (count * length !== source.size - dataStart)
    wrong(`${count} words of ${length} bytes do not fit its size`);
  const data = new Uint8Array(count * length);
  source.read(data, dataStart);
  const view = new DataView(data.buffer);
  const values = Array.from({ length: count }, (_, i) => {
    const codes: number[] = [];
    for (let c = 0; c < bytes; c++)
      codes.push(kind[0] === 'U' ? view.getUint32(i * length + c * 4, littleEndian) : data[i * length + c]);
    return String.fromCodePoint(...codes.slice(0, codes.findLastIndex((code) => code !== 0) + 1));
  });
  return { shape, values };
}

function readHeader(source: ByteSource, wrong: (what: string) => never): NpyHeader {
  const start = Buffer.alloc(12);
  source.read(start, 0);
  if (start.toString('latin1', 0, 6) !== '\x93NUMPY') wrong('it does not begin as a .npy file does');
  const longHeader = start[6] >= 2;
  const length = longHeader ? start.readUInt32LE(8) : start.readUInt16LE(8);
  const textStart = longHeader ? 12 : 10;
  if (textStart + length > source.size) wrong('it ends within its header');
  const buffer = Buffer.alloc(length);
  source.read(buffer, textStart);
  const text = buffer.toString('latin1');
  const type = /'descr':\s*'([<>|=]?)([a-zA-Z])(\d*)'/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(([\dL,\s]*)\)/.exec(text);
  if (type === null || order === null || shape === null) {
    return wrong(`the header ${text.trim()} names no array of numbers`);
  }
  const lengths = shape[1]
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => Number(part.replace(/L\s*$/, '')));
  if (lengths.length < 1 || lengths.length > 2) wrong(`it has ${lengths.length} dimensions`);
  return {
    shape: lengths,
    text: text.trim(),
    kind: type[2] + type[3],
    bytes: Number(type[3]),
    littleEndian: type[1] !== '>',
    fortranOrder: order[1] === 'True',
    dataStart: textStart + length,
  };
}

/** Node reads 2 GiB in one call at most, and features of a large data set are more. */
const NUMBERS_AT_ONCE = 2 ** 22;

function readValues(
  source: ByteSource,
  header: NpyHeader,
  count: number,
  wrong: (what: string) => never,
): NpyArray['values'] {
  const { bytes, littleEndian, dataStart } = header;
  const read = READERS[header.kind];
  const values =
    header.kind === 'f4' || header.kind === 'f2' ? new Float32Array(count) : new Float64Array(count);
  const [rows, columns] = [header.shape[0], header.shape[1] ?? 1];
  const buffer = new DataView(new ArrayBuffer(Math.min(count, NUMBERS_AT_ONCE) * bytes));
  for (let first = 0; first < count; first += NUMBERS_AT_ONCE) {
    const here = Math.min(count - first, NUMBERS_AT_ONCE);
    if (source.read(new Uint8Array(buffer.buffer, 0, here * bytes), dataStart + first * bytes) < here * bytes)
      wrong('it got shorter while it was read');
    for (let at = 0; at < here; at++) {
      const i = first + at;
      const to = header.fortranOrder ? (i % rows) * columns + Math.floor(i / rows) : i;
      values[to] = read(buffer, at * bytes, littleEndian);
    }
  }
  return values;
}

/** Writes a row-major array as .npy (format 1, little-endian), whole or not at all. */
export function writeNpy(path: string, values: Float32Array | Int32Array, shape: readonly number[]): void {
  const type = values instanceof Float32Array ? '<f4' : '<i4';
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.map((n) => `${n},`).join(' ')}), }`;
  const PREFIX = 10;
  const length = Math.ceil((PREFIX + text.length + 1) / 64) * 64 - PREFIX;
  const prefix = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  prefix.writeUInt16LE(length, 8);
  const header = Buffer.from(`${text.padEnd(length - 1)}\n`, 'latin1');
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  writeFileWhole(path, Buffer.concat([prefix, header, data]));
}
