import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { KitError } from '../kit-error.js';

/** A variable of a MATLAB file. Elements stand in MATLAB's order: the first dimension runs fastest. */
export type MatlabValue =
  | { readonly kind: 'numbers'; readonly dimensions: readonly number[]; readonly values: Float64Array }
  /** The rows of a character matrix are joined by line breaks. */
  | { readonly kind: 'text'; readonly dimensions: readonly number[]; readonly text: string }
  | { readonly kind: 'cells'; readonly dimensions: readonly number[]; readonly cells: readonly MatlabValue[] }
  | {
      readonly kind: 'structs';
      readonly dimensions: readonly number[];
      readonly fields: readonly string[];
      readonly elements: readonly ReadonlyMap<string, MatlabValue>[];
    };

/**
 * Reads a MATLAB level 5 file (MathWorks, "MAT-File Format", chapter 1): numbers, text, cells and structs,
 * compressed or not, of either byte order.
 *
 * @throws KitError `unsupported-file` that names the file and what is wrong: truncated, damaged, another version
 *   (4 or 7.3), complex, sparse, objects; above 64 MiB unpacked
 */
export function readMatlabFile(path: string): ReadonlyMap<string, MatlabValue> {
  return parseMatlabFile(readFileSync(path), path);
}

/** As `readMatlabFile`, of bytes in memory. @param origin names them in messages */
export function parseMatlabFile(bytes: Uint8Array, origin: string): ReadonlyMap<string, MatlabValue> {
  const fail: Fail = (what) => {
    throw new KitError(
      'unsupported-file',
      `${origin}: ${what}. Expected a whole MATLAB 5 file of numbers, text, cells and structs; get the file again, or save it anew with MATLAB's -v7.`,
    );
  };
  const file: FileBeingRead = { littleEndian: checkHeader(bytes, fail), fail, valuesLeft: MOST_VALUES };
  const variables = new Map<string, MatlabValue>();
  let budget = MOST_UNPACKED_BYTES;
  const reader = new ElementReader(bytes.subarray(HEADER_BYTES), file);
  while (!reader.atEnd) {
    let element = reader.element();
    if (element.type === COMPRESSED) {
      const unpacked = inflate(element.data, budget, fail);
      budget -= unpacked.length;
      element = new ElementReader(unpacked, file).element();
    }
    if (element.type !== MATRIX) fail(`a variable has the type number ${element.type}`);
    const { name, value } = readMatrix(element.data, file, 0);
    variables.set(name, value);
  }
  return variables;
}

type Fail = (what: string) => never;

interface FileBeingRead {
  readonly littleEndian: boolean;
  readonly fail: Fail;
  valuesLeft: number;
}

const HEADER_BYTES = 128;
const MOST_UNPACKED_BYTES = 64 * 2 ** 20;
/** Cells and struct fields: an empty one takes 8 bytes in the file and far more in memory. */
const MOST_VALUES = 2e6;
const DEEPEST = 32;

const MATRIX = 14;
const COMPRESSED = 15;
const UTF8 = 16;

type ReadNumber = (view: DataView, at: number, littleEndian: boolean) => number;

/** By type number: bytes a number, and how to read one. */
const NUMBER_TYPES: Readonly<Record<number, readonly [bytes: number, read: ReadNumber]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getInt16(at, little)],
  4: [2, (view, at, little) => view.getUint16(at, little)],
  5: [4, (view, at, little) => view.getInt32(at, little)],
  6: [4, (view, at, little) => view.getUint32(at, little)],
  7: [4, (view, at, little) => view.getFloat32(at, little)],
  9: [8, (view, at, little) => view.getFloat64(at, little)],
  12: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  13: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  17: [2, (view, at, little) => view.getUint16(at, little)],
};

const CELL_CLASS = 1;
const STRUCT_CLASS = 2;
const CHARACTER_CLASS = 4;
const FIRST_NUMBER_CLASS = 6;
const LAST_NUMBER_CLASS = 15;
const UNREAD_CLASSES: Readonly<Record<number, string>> = {
  3: 'an object',
  5: 'a sparse matrix',
  16: 'a function handle',
  17: 'an object',
};
const COMPLEX_FLAG = 0x08;

function checkHeader(bytes: Uint8Array, fail: Fail): boolean {
  if (bytes.length < HEADER_BYTES) {
    fail(`it has ${bytes.length} bytes, fewer than the header's ${HEADER_BYTES}`);
  }
  const mark = String.fromCharCode(bytes[126], bytes[127]);
  if (mark !== 'IM' && mark !== 'MI') fail('it does not begin with the header of a MATLAB 5 file');
  const major = mark === 'IM' ? bytes[125] : bytes[124];
  if (major === 2) fail('it is of version 7.3 (HDF5)');
  if (major !== 1) fail(`its header names version ${major}`);
  return mark === 'IM';
}

function inflate(data: Uint8Array, budget: number, fail: Fail): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: Math.max(1, budget) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return fail(
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `unpacked, it has more than ${MOST_UNPACKED_BYTES / 2 ** 20} MiB`
        : `a compressed variable is damaged (${message})`,
    );
  }
}

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
}

/** The elements of a byte range one after another: each a tag of type and length, then its data. */
class ElementReader {
  private readonly view: DataView;
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: FileBeingRead,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  get bytesLeft(): number {
    return this.bytes.length - this.at;
  }

  element(): Element {
    const { littleEndian, fail } = this.file;
    if (this.bytesLeft < 8) fail('it is cut off or damaged (an element begins where no room is left)');
    const word = this.view.getUint32(this.at, littleEndian);
    const smallLength = word >>> 16;
    if (smallLength > 0) {
      if (smallLength > 4) fail(`it is damaged (a small element says that it has ${smallLength} bytes)`);
      const data = this.bytes.subarray(this.at + 4, this.at + 4 + smallLength);
      this.at += 8;
      return { type: word & 0xffff, data };
    }
    const length = this.view.getUint32(this.at + 4, littleEndian);
    this.at += 8;
    if (length > this.bytesLeft) {
      fail(
        `it is cut off or damaged (an element says that it has ${length} bytes, of which ${this.bytesLeft} are there)`,
      );
    }
    const data = this.bytes.subarray(this.at, this.at + length);
    this.at += word === COMPRESSED ? length : Math.ceil(length / 8) * 8;
    return { type: word, data };
  }

  numbers(): Float64Array {
    return numbersOf(this.element(), this.file);
  }
}

function numbersOf({ type, data }: Element, { littleEndian, fail }: FileBeingRead): Float64Array {
  const [bytes, read] =
    NUMBER_TYPES[type] ?? fail(`it is damaged (type number ${type} where numbers are expected)`);
  if (data.length % bytes !== 0) {
    fail(`it is damaged (${data.length} bytes of numbers of ${bytes} bytes each)`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Float64Array.from({ length: data.length / bytes }, (_, i) => read(view, i * bytes, littleEndian));
}

interface NamedValue {
  readonly name: string;
  readonly value: MatlabValue;
}

const EMPTY: NamedValue = {
  name: '',
  value: { kind: 'numbers', dimensions: [0, 0], values: new Float64Array() },
};

function readMatrix(data: Uint8Array, file: FileBeingRead, depth: number): NamedValue {
  const { fail } = file;
  if (depth > DEEPEST) fail(`it is nested more than ${DEEPEST} deep`);
  if (--file.valuesLeft < 0) fail(`it has more than ${MOST_VALUES} cells and fields`);
  if (data.length === 0) return EMPTY;
  const reader = new ElementReader(data, file);
  const [flags] = reader.numbers();
  const dimensions = [...reader.numbers()];
  const name = latin1(reader.element().data);
  if (dimensions.length < 2 || dimensions.some((length) => length < 0)) {
    fail(`it is damaged (the variable "${name}" has the dimensions ${dimensions.join('×')})`);
  }
  const count = dimensions.reduce((product, length) => product * length, 1);
  const ofClass = flags & 0xff;
  if ((flags >>> 8) & COMPLEX_FLAG) fail(`the variable "${name}" holds complex numbers`);

  const inner = (): MatlabValue => {
    const element = reader.element();
    if (element.type !== MATRIX) {
      fail(`it is damaged (type number ${element.type} inside the variable "${name}")`);
    }
    return readMatrix(element.data, file, depth + 1).value;
  };
  const requireRoomFor = (elements: number) => {
    if (elements * 8 > reader.bytesLeft) {
      fail(`it is damaged (the variable "${name}" says that it has ${elements} elements)`);
    }
  };

  switch (ofClass) {
    case CELL_CLASS: {
      requireRoomFor(count);
      return { name, value: { kind: 'cells', dimensions, cells: Array.from({ length: count }, inner) } };
    }
    case STRUCT_CLASS: {
      const fields = readFieldNames(reader, fail);
      requireRoomFor(count * Math.max(1, fields.length));
      const elements = Array.from({ length: count }, () => new Map(fields.map((field) => [field, inner()])));
      return { name, value: { kind: 'structs', dimensions, fields, elements } };
    }
    case CHARACTER_CLASS:
      return { name, value: { kind: 'text', dimensions, text: readText(reader, dimensions[0], file) } };
  }
  if (ofClass < FIRST_NUMBER_CLASS || ofClass > LAST_NUMBER_CLASS) {
    fail(`the variable "${name}" is ${UNREAD_CLASSES[ofClass] ?? `of class number ${ofClass}`}`);
  }
  const values = reader.numbers();
  if (values.length !== count) {
    fail(
      `it is damaged (the variable "${name}" is ${dimensions.join('×')} but holds ${values.length} numbers)`,
    );
  }
  return { name, value: { kind: 'numbers', dimensions, values } };
}

function readFieldNames(reader: ElementReader, fail: Fail): string[] {
  const [length] = reader.numbers();
  const { data } = reader.element();
  if (data.length === 0) return [];
  if (!(length > 0) || data.length % length !== 0) fail('it is damaged (the field names of a struct)');
  return Array.from({ length: data.length / length }, (_, i) =>
    latin1(data.subarray(i * length, (i + 1) * length)).replace(/\0.*$/s, ''),
  );
}

function readText(reader: ElementReader, rows: number, file: FileBeingRead): string {
  if (reader.atEnd) return '';
  const element = reader.element();
  const characters =
    element.type === UTF8
      ? [...new TextDecoder().decode(element.data)]
      : Array.from(numbersOf(element, file), (code) => String.fromCharCode(code));
  if (rows <= 1) return characters.join('');
  const columns = characters.length / rows;
  if (!Number.isInteger(columns))
    file.fail(`it is damaged (${characters.length} characters in ${rows} rows)`);
  // No characters in many rows: nothing to lay out, however many rows the file claims.
  if (columns === 0) return '';
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_column, column) => characters[column * rows + row]).join(''),
  ).join('\n');
}

function latin1(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
}
