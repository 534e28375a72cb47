import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readEmbeddingFile } from '../../src/evaluation/read-embeddings.js';
import { SeededRandom } from '../../src/seeded-random.js';
import { runKit } from '../cli/run-kit.js';
import { temporaryFolder } from '../picture-folder.js';
import { writeNpy } from './fixtures.js';

const ROWS = 24;
const DIMENSION = 9;
const random = new SeededRandom('table files');
/** To four digits, as a table may hold them. */
const numbers = Array.from({ length: ROWS }, () =>
  Array.from({ length: DIMENSION }, () => Math.round(1e4 * random.normal()) / 1e4 || 0.5),
);
const labels = Array.from({ length: ROWS }, (_, row) => Math.floor(row / 4));
const words = labels.map((label) => `class, "no" ${label}`);
const dimensionNames = Array.from({ length: DIMENSION }, (_, i) => String(i));

interface Dialect {
  readonly separator?: string;
  readonly end?: string;
  readonly cell?: (value: unknown) => string;
  readonly bom?: boolean;
  readonly encoding?: 'utf8' | 'utf16le';
  readonly name?: string;
}

function written(rows: readonly (readonly unknown[])[], dialect: Dialect = {}): string {
  const { separator = ',', end = '\n', cell = String, bom, encoding = 'utf8', name = 'table.csv' } = dialect;
  const path = join(temporaryFolder(), name);
  const text = rows.map((row) => row.map(cell).join(separator) + end).join('');
  writeFileSync(path, (bom ? '\ufeff' : '') + text, encoding);
  return path;
}

const quoted = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;
const quotedWords = (value: unknown) =>
  typeof value === 'string' && /[,"]/.test(value) ? quoted(value) : String(value);
const body = numbers.map((row, i) => [...row, labels[i]]);
const withHeader = [[...dimensionNames, 'label'], ...body];
const withIndex = (rows: readonly (readonly unknown[])[], name: string) =>
  rows.map((row, i) => [i === 0 ? name : i - 1, ...row]);

function expectTheNumbers(path: string): ReturnType<typeof readEmbeddingFile> {
  const file = readEmbeddingFile(path);
  expect(file.table.vectors).toEqual(Float32Array.from(numbers.flat()));
  return file;
}

function expectTheTable(
  path: string,
  labelsPath?: string,
  options = {},
): ReturnType<typeof readEmbeddingFile> {
  const file = readEmbeddingFile(path, labelsPath, options);
  expect(file.table.dimension).toBe(DIMENSION);
  expect(file.table.vectors).toEqual(Float32Array.from(numbers.flat()));
  expect(Array.from(file.table.labels)).toEqual(labels);
  return file;
}

describe('a table as people export it gives the same rows and labels:', () => {
  it.each<[string, readonly (readonly unknown[])[], Dialect]>([
    ['no header', body, {}],
    ['a header', withHeader, {}],
    ['a header of numbers alone', [[...dimensionNames, String(DIMENSION)], ...body], {}],
    ["pandas' index without a name", withIndex(withHeader, ''), {}],
    ["pandas' index over a header of numbers", withIndex([[...dimensionNames, DIMENSION], ...body], ''), {}],
    ["pandas' index read and written again", withIndex(withHeader, 'Unnamed: 0'), {}],
    ['an index with a name', withIndex(withHeader, 'id'), {}],
    ['an index with an unusual name', withIndex(withHeader, 'Zeile'), {}],
    ['an index that counts from 1, no header', body.map((row, i) => [i + 1, ...row]), {}],
    ['file names beside', withHeader.map((row, i) => [i === 0 ? 'filename' : `a/${i}.jpg`, ...row]), {}],
    ['semicolons', withHeader, { separator: ';' }],
    [
      'semicolons and decimal commas',
      withHeader,
      { separator: ';', cell: (v) => String(v).replace('.', ',') },
    ],
    ['tabs and decimal commas', withHeader, { separator: '\t', cell: (v) => String(v).replace('.', ',') }],
    ['tabs', withHeader, { separator: '\t', name: 'table.tsv' }],
    ['bars', withHeader, { separator: '|' }],
    ['spaces, lined up', body, { separator: ' ', cell: (v) => String(v).padStart(12), name: 'table.txt' }],
    ['every cell in quotes', withHeader, { cell: quoted }],
    ['exponents', body, { cell: (v) => (Number.isInteger(v) ? String(v) : (v as number).toExponential(17)) }],
    ['a byte order mark and CRLF', withHeader, { bom: true, end: '\r\n' }],
    ['UTF-16', withHeader, { bom: true, encoding: 'utf16le' }],
    ['an upper-case ending', withHeader, { name: 'TABLE.CSV' }],
    ['labels as 3.0', body.map((row) => [...row.slice(0, -1), `${row.at(-1)}.0`]), {}],
    ['labels first, by name', withHeader.map((row) => [row.at(-1), ...row.slice(0, -1)]), {}],
    ['labels first, no header', body.map((row) => [row.at(-1), ...row.slice(0, -1)]), {}],
    ["Excel's line that names the separator", [['sep=;'], ...withHeader], { separator: ';' }],
    ['blank lines at the end', [...body, []], {}],
    [
      'labels in a column named target',
      withHeader.map((row, i) => (i === 0 ? [...dimensionNames, 'target'] : row)),
      {},
    ],
  ])('%s', (_, rows, dialect) => {
    expectTheTable(written(rows, dialect));
  });

  it('labels that are words, with and without a header, keep them as names', () => {
    const rows = numbers.map((row, i) => [...row, words[i]]);
    const classNames = [...new Set(words)];
    expect(expectTheTable(written(rows, { cell: quotedWords })).classNames).toEqual(classNames);
    const headed = written([[...dimensionNames, 'species'], ...rows], { cell: quotedWords });
    expect(expectTheTable(headed).classNames).toEqual(classNames);
  });

  it('lists in cells', () => {
    const rows = numbers.map((row, i) => [`[${row.join(', ')}]`, labels[i]]);
    expectTheTable(written([['embedding', 'label'], ...rows], { cell: quotedWords }));
    const cut = [
      ['e', 'label'],
      ['[0.1, ..., 0.2]', 0],
      ['[0.1, ..., 0.2]', 1],
    ];
    expect(() => readEmbeddingFile(written(cut, { cell: quotedWords }))).toThrow(/cut short/);
  });

  it('the column that --label-column names, or numbers', () => {
    const rows = [[...dimensionNames, 'label', 'family'], ...body.map((row) => [...row, 'x'])];
    expect(() => readEmbeddingFile(written(rows))).toThrow(/"family" holds words.*--label-column/s);
    const two = [['label', ...dimensionNames, 'class'], ...numbers.map((row, i) => [7, ...row, labels[i]])];
    expect(() => readEmbeddingFile(written(two))).toThrow(
      /more than one column that may hold the labels: "label", "class"/,
    );
    const own = [[...dimensionNames, 'who'], ...body];
    expectTheTable(written(own), undefined, { labelColumn: 'who' });
    expectTheTable(written(body), undefined, { labelColumn: String(DIMENSION + 1) });
    expect(() => readEmbeddingFile(written(own), undefined, { labelColumn: 'whom' })).toThrow(
      /no column "whom"; it has 0, 1/,
    );
    expect(() => readEmbeddingFile(written(body), undefined, { labelColumn: '99' })).toThrow(
      /by its number, 1 to 10/,
    );
  });

  it('words that differ in case alone stay two classes, and are named', () => {
    const { classNames, notes } = readEmbeddingFile(
      written(numbers.map((row, i) => [...row, i % 2 ? 'Cat' : 'cat'])),
    );
    expect(classNames).toEqual(['cat', 'Cat']);
    expect(notes).toEqual([expect.stringContaining('"cat" and "Cat" count as different classes')]);
  });

  it('words with a comma keep it beside decimal commas', () => {
    const rows = numbers.map((row, i) => [...row, i % 2 ? 'a,b' : 'a.b']);
    const cell = (v: unknown) => (typeof v === 'number' ? String(v).replace('.', ',') : `"${v}"`);
    expect(expectTheNumbers(written(rows, { separator: ';', cell })).classNames).toEqual(['a.b', 'a,b']);
  });

  it('says what was left out and where the labels are', () => {
    expect(readEmbeddingFile(written(withIndex(withHeader, 'id'))).notes).toEqual([
      'left out, as it names rows: "id"',
      'labels: "label"',
    ]);
  });
});

describe('a table that can be read in two ways is refused with both:', () => {
  it.each([
    [
      'index or dimension',
      [
        [0, 0.5, 3],
        [1, 0.25, 3],
      ],
      {},
      /counts the 2 rows, and may be an index or a dimension/,
    ],
    [
      'header or row',
      [
        [0, 1, 2],
        [5, 5, 1],
        [3, 4, 2],
      ],
      {},
      /0, 1, 2, names the columns, or is a row/,
    ],
    [
      'labels first or last',
      numbers.map((row, i) => [labels[i], ...row, i % 3]),
      {},
      /first column \(6 classes\), or in its last \(3 classes\)/,
    ],
    [
      'decimal commas or thousands',
      [
        ['1,234', '5,678', 1],
        ['2,345', '6,789', 0],
      ],
      { separator: ';' },
      /1\.234 with a decimal comma, or 1234/,
    ],
    [
      'points and commas in a number',
      [
        ['1.234,5', '2,5', 1],
        ['1,5', '2,5', 0],
      ],
      { separator: ';' },
      /points and commas in one number/,
    ],
  ])('%s', (_, rows, dialect, message) => {
    expect(() => readEmbeddingFile(written(rows, dialect))).toThrow(message);
  });

  it.each<[string, readonly (readonly unknown[])[], RegExp]>([
    [
      'numbers beside the dimensions, whose names are of another kind',
      [
        ['fold', ...dimensionNames.map((i) => `f${i}`), 'label', 'pred'],
        ...body.map((row, i) => [i % 3, ...row, labels[i]]),
      ],
      /as 11 dimensions, or as 9, "f0" to "f8", beside "fold", "pred"/,
    ],
    [
      "pandas' index of two levels, a class and a number in it",
      [['class', 'k', ...dimensionNames], ...numbers.map((row, i) => [`c${labels[i]}`, i % 4, ...row])],
      /as 10 dimensions, or as 9, "0" to "8", beside "k"/,
    ],
    [
      'two columns of labels after a merge',
      [[...dimensionNames, 'label_x', 'label_y'], ...body.map((row, i) => [...row, labels[i]])],
      /more than one column that may hold the labels: "label_x", "label_y"/,
    ],
    [
      'labels that are one number in two spellings',
      numbers.map((row, i) => [...row, i % 2 ? '01' : '1']),
      /labels "1" and "01" \(row 1\) are one number, or the names of two classes/,
    ],
    [
      'labels that are one number with an exponent',
      numbers.map((row, i) => [...row, i % 2 ? '100' : '1e2']),
      /labels "1e2" and "100"/,
    ],
  ])('%s', (_, rows, message) => {
    expect(() => readEmbeddingFile(written(rows))).toThrow(message);
  });

  it('is not: three old indexes, with the numbers that pandas gives them', () => {
    const old = (i: number) => (i === 0 ? ['', 'Unnamed: 0.1', 'Unnamed: 0'] : [i, i, i]);
    expectTheTable(written(withHeader.map((row, i) => [...old(i), ...row])));
  });

  it.each([
    ['table.pkl', 'x', /is a \.pkl file, which only its own program reads.*numpy\.save/],
    ['table.parquet', 'x', /is a \.parquet file/],
    ['table.csv', '{"0": 0.5, "label": 1}\n{"0": 0.25, "label": 2}\n', /holds JSON/],
    ['r.txt', '"a" "label"\n"1" 0.5 0\n"2" 0.25 1\n', /as R writes, give it a name too/],
  ])('another file is called what it is: %s', (name, content, message) => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, content);
    expect(() => readEmbeddingFile(path)).toThrow(message);
  });

  it('labels in the table and in a file', () => {
    const file = written(labels.map((label) => [label]));
    expect(() => readEmbeddingFile(written(withHeader), file)).toThrow(/has labels of its own in "label"/);
  });

  it('another encoding than UTF-8, whose different words would become one', () => {
    const path = join(temporaryFolder(), 'latin.csv');
    writeFileSync(path, Buffer.from('0.5,gr\xfcn\n0.2,gr\xf6n\n', 'latin1'));
    expect(() => readEmbeddingFile(path)).toThrow(/is not text in UTF-8/);
  });

  it('a missing number is named by row and column, not taken for 0', () => {
    const rows = body.map((row, i) => (i === 5 ? ['', ...row.slice(1)] : row));
    expect(() => readEmbeddingFile(written(rows))).toThrow(/Row 5 has NaN in column 0/);
  });

  it.each([
    ['inf', /Row 5 has Infinity in column 0/],
    ['-inf', /Row 5 has -Infinity in column 0/],
    ['Infinity', /Row 5 has Infinity in column 0/],
    ['nan', /Row 5 has NaN in column 0/],
  ])('a number that is not finite is refused by its own name: %s', (cell, message) => {
    const rows = body.map((row, i) => (i === 5 ? [cell, ...row.slice(1)] : row));
    expect(() => readEmbeddingFile(written(rows))).toThrow(message);
  });
});

describe('a file of labels beside a .npy', () => {
  const data = Buffer.alloc(4 * ROWS * DIMENSION);
  for (const [i, value] of numbers.flat().entries()) data.writeFloatLE(value, 4 * i);
  const npy = () => writeNpy('<f4', `${ROWS}, ${DIMENSION}`, data);
  const lines = labels.map((label) => [label]);
  const int64 = (values: readonly number[]) => {
    const buffer = Buffer.alloc(8 * values.length);
    for (const [i, value] of values.entries()) buffer.writeBigInt64LE(BigInt(value), 8 * i);
    return buffer;
  };

  it.each<[string, () => string]>([
    ['one a line', () => written(lines)],
    ['CRLF and a byte order mark', () => written(lines, { bom: true, end: '\r\n' })],
    ['CR alone', () => written(lines, { end: '\r' })],
    ['UTF-16', () => written(lines, { bom: true, encoding: 'utf16le' })],
    ['a header', () => written([['label'], ...lines])],
    ['a pandas Series', () => written(withIndex([['label'], ...lines], ''))],
    ['a Series without its header', () => written(lines.map((row, i) => [i, ...row]))],
    ['one line', () => written([labels])],
    ['a list', () => written([[JSON.stringify(labels)]])],
    ['floats as numpy.savetxt writes them', () => written(labels.map((label) => [label.toExponential(18)]))],
    ['a column of int64', () => writeNpy('<i8', `${ROWS}, 1`, int64(labels))],
    ['a row of int64', () => writeNpy('<i8', `1, ${ROWS}`, int64(labels))],
    ['a shape that Python 2 wrote', () => writeNpy('<i8', `${ROWS}L,`, int64(labels))],
    [
      'words in a .npy',
      () => writeNpy('<U2', `${ROWS},`, Buffer.concat(labels.map((l) => Buffer.from(`a\0\0\0${l}\0\0\0`)))),
    ],
  ])('of %s is read', (_, make) => {
    expectTheTable(npy(), make());
  });

  it('keeps words as names', () => {
    expect(expectTheTable(npy(), written(labels.map((label) => [`cls_${label}`]))).classNames).toContain(
      'cls_5',
    );
  });

  it.each<[string, () => string, RegExp]>([
    ['an empty line', () => written(lines.map((row, i) => (i === 7 ? [''] : row))), /line 8 is empty/],
    ['one too few', () => written(lines.slice(1)), /has 24 rows but .* has 23 labels/],
    [
      'one-hot rows',
      () => writeNpy('|b1', '3, 2', Buffer.from([1, 0, 0, 1, 1, 0])),
      /look one-hot: save labels\.argmax\(1\)/,
    ],
    ['fractions', () => written(labels.map((label) => [label + 0.5])), /label of row 0 is 0\.5/],
  ])('with %s is refused', (_, make, message) => {
    expect(() => readEmbeddingFile(npy(), make())).toThrow(message);
  });

  it('is not wanted by an .npz that holds both', () => {
    const read = (path: string) => new Uint8Array(readFileSync(path));
    const path = join(temporaryFolder(), 'both.npz');
    const labelArray = writeNpy('<i8', `${ROWS},`, int64(labels));
    writeFileSync(path, zipSync({ 'emb.npy': read(npy()), 'lab.npy': read(labelArray) }));
    expectTheTable(path);
    writeFileSync(
      path,
      zipSync({ 'a.npy': read(npy()), 'b.npy': read(labelArray), 'c.npy': read(labelArray) }),
    );
    expect(() => readEmbeddingFile(path)).toThrow(
      /a \(24, 9\), b \(24\), c \(24\); which of them are the labels/,
    );
    expectTheTable(path, undefined, { labelColumn: 'c' });
  });

  it.each([
    [1e300, /row 0 has 1e\+300 in column 0, which float32 does not hold\. Scale all rows alike/],
    [1e-60, /in column \d, which float32 takes for 0\. Scale all rows alike/],
  ])('whose numbers float32 does not hold is refused, times %d', (factor, message) => {
    const scaled = Buffer.alloc(8 * ROWS * DIMENSION);
    for (const [i, value] of numbers.flat().entries())
      scaled.writeDoubleLE((i === 0 ? 1 : value) * factor, 8 * i);
    expect(() => readEmbeddingFile(writeNpy('<f8', `${ROWS}, ${DIMENSION}`, scaled), written(lines))).toThrow(
      message,
    );
    const rows = body.map((row) => [
      ...row.slice(0, -1).map((v) => (v * factor).toExponential(17)),
      row.at(-1),
    ]);
    expect(() => readEmbeddingFile(written(rows))).toThrow(/which float32 /);
  });

  it('booleans count as 0 and 1', () => {
    const file = readEmbeddingFile(writeNpy('|b1', '2, 2', Buffer.from([1, 0, 0, 1])), written([[3], [4]]));
    expect(Array.from(file.table.vectors)).toEqual([1, 0, 0, 1]);
  });

  it('of rows that were never written, or vary beyond float32, says so', () => {
    const half = Buffer.concat([data.subarray(0, data.length / 2), Buffer.alloc(data.length / 2)]);
    const { notes } = readEmbeddingFile(writeNpy('<f4', `${ROWS}, ${DIMENSION}`, half), written(lines));
    expect(notes).toEqual([
      expect.stringContaining('12 of 24 rows are zero in every column (rows 12 to 23)'),
    ]);
    const withFarColumns = (count: number) => {
      const far = Buffer.alloc(8 * ROWS * DIMENSION);
      for (const [i, value] of numbers.flat().entries())
        far.writeDoubleLE((i % DIMENSION < count ? 1e9 : 0) + value, 8 * i);
      return readEmbeddingFile(writeNpy('<f8', `${ROWS}, ${DIMENSION}`, far), written(lines));
    };
    expect(withFarColumns(8).notes).toEqual([
      expect.stringContaining('8 of 9 columns vary only beyond the 7 digits of float32'),
    ]);
    expect(() => withFarColumns(9)).toThrow(/9 of 9 columns vary only beyond .* Subtract each column's mean/);
  });
});

describe('kit evaluate', () => {
  it('keeps the names of the classes and what was decided in the record', () => {
    const out = join(temporaryFolder(), 'scores.json');
    const path = written([
      ['id', ...dimensionNames, 'who'],
      ...numbers.map((row, i) => [i, ...row, `w${labels[i]}`]),
    ]);
    const { status, stdout, stderr } = runKit([
      'evaluate',
      path,
      '--label-column',
      'who',
      '--ks',
      '1',
      '--out',
      out,
    ]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /note: left out, as it names rows: "id"\nnote: labels: "who"\n24 rows of 9 dimensions, 6 classes/,
    );
    const record = JSON.parse(readFileSync(out, 'utf8'));
    expect(record.classNames).toEqual(['w0', 'w1', 'w2', 'w3', 'w4', 'w5']);
    expect(record.notes).toHaveLength(2);
  });
});
