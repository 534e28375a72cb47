import { parse } from 'papaparse';
import { KitError } from '../kit-error.js';

/** A text table: cells as they stand, without the quotes round them. */
export interface DelimitedText {
  readonly rows: readonly (readonly string[])[];
  /** What stands between the whole numbers and the fraction. */
  readonly decimal: '.' | ',';
}

const DELIMITERS = [';', '\t', '|', ',', ' '] as const;
const NAMES: Readonly<Record<string, string>> = { '\t': 'tab', ' ': 'space' };
/** Rows by which the delimiter is told. */
const ROWS_LOOKED_AT = 50;

/**
 * Cells of a text in whichever of the usual dialects it is: commas, semicolons, tabs, bars or spaces between cells, quoted
 * or not, a decimal point or (not between commas) a decimal comma.
 *
 * @param name of the file, for messages
 * @throws KitError `invalid-embeddings` for rows of different lengths; where two dialects read it equally well, with both
 *   readings
 */
export function parseDelimitedText(text: string, name: string): DelimitedText {
  // U+FFFD stands for bytes that are no UTF-8: different words would become one.
  if (/[\0\ufffd]/.test(text)) {
    throw new KitError(
      'unsupported-file',
      `${name} is not text in UTF-8, or in UTF-16 with a byte order mark. Save it as UTF-8.`,
    );
  }
  // Excel's own first line.
  const table = text.replace(/^sep=.\r?\n/i, '');
  const delimiter = delimiterOf(table, name);
  const rows = rowsOf(table, delimiter);
  if (rows.length === 0) throw new KitError('invalid-embeddings', `${name} holds no rows.`);
  const width = rows[0].length;
  const uneven = rows.findIndex((row) => row.length !== width);
  if (uneven >= 0) {
    throw new KitError(
      'invalid-embeddings',
      `${name}: row ${uneven} has ${rows[uneven].length} columns, row 0 has ${width}; every row must have as many (read with ${spoken(delimiter)} between columns).${uneven === 1 && rows[1].length === width + 1 ? ' If row 0 names the columns but not that of the row names, as R writes, give it a name too (R: col.names = NA).' : ''}`,
    );
  }
  return { rows, decimal: delimiter === ',' ? '.' : decimalOf(rows, name) };
}

/** The number in a cell, infinity as pandas and NumPy spell it too; NaN where it is none. */
export function numberIn(cell: string, decimal: '.' | ','): number {
  if (cell.trim() === '') return Number.NaN;
  const [, sign] = /^([-+]?)inf(?:inity)?$/i.exec(cell.trim()) ?? [];
  if (sign !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(decimal === ',' ? cell.replace(',', '.') : cell);
}

function rowsOf(text: string, delimiter: string, preview = 0): string[][] {
  // Columns that were lined up have more than one space between them.
  const lines = delimiter === ' ' ? text.replace(/[^\S\r\n]+/g, ' ').replace(/^ | $/gm, '') : text;
  const { data } = parse<string[]>(lines, { delimiter, skipEmptyLines: 'greedy', preview });
  return data.map((row) => row.map((cell) => cell.trim()));
}

interface Reading {
  readonly delimiter: string;
  readonly width: number;
  readonly numbers: number;
  readonly row: readonly string[];
}

/** The delimiter that gives rows of one length in which most cells are numbers. */
function delimiterOf(text: string, name: string): string {
  const readings = DELIMITERS.filter((delimiter) => text.includes(delimiter))
    .map((delimiter): Reading => {
      const rows = rowsOf(text, delimiter, ROWS_LOOKED_AT);
      const cells = rows.slice(1).flat();
      const even = rows.length > 0 && rows.every(({ length }) => length === rows[0].length);
      const numbers = cells.filter((cell) => /^[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?$/i.test(cell)).length;
      return {
        delimiter,
        width: even ? rows[0].length : 1,
        numbers: cells.length === 0 ? 0 : numbers / cells.length,
        row: rows.at(-1) ?? [],
      };
    })
    .filter(({ width }) => width > 1)
    .sort((a, b) => b.numbers - a.numbers);
  const [best, second] = readings;
  // Where no delimiter gives even rows, the one that most programs write says best which row is wrong.
  if (best === undefined) return DELIMITERS.find((delimiter) => text.includes(delimiter)) ?? ',';
  if (second !== undefined && second.numbers === best.numbers && best.numbers > 0) {
    const shown = [best, second].map(
      ({ delimiter, width, row }) =>
        `with ${spoken(delimiter)} between columns ${width} columns, the last row ${row.slice(0, 3).join(' | ')}${row.length > 3 ? ' | …' : ''}`,
    );
    throw new KitError(
      'invalid-embeddings',
      `${name} can be read in two ways: ${shown.join('; or ')}. Save it with one of them alone.`,
    );
  }
  return best.delimiter;
}

function spoken(delimiter: string): string {
  return NAMES[delimiter] ?? `"${delimiter}"`;
}

function decimalOf(rows: readonly (readonly string[])[], name: string): '.' | ',' {
  let commas = 0;
  let certain = false;
  let points = false;
  for (const row of rows) {
    for (const cell of row) {
      if (/^[-+]?\d*\.\d+(e[-+]?\d+)?$/i.test(cell)) points = true;
      if (/^[-+]?\d{1,3}([.,]\d{3})*[.,]\d+$/.test(cell) && cell.includes('.') && cell.includes(','))
        throw new KitError(
          'invalid-embeddings',
          `${name} has "${cell}", with points and commas in one number. Save it without separators of thousands.`,
        );
      if (!/^[-+]?\d*,\d+(e[-+]?\d+)?$/i.test(cell)) continue;
      commas++;
      certain ||= !/^[-+]?[1-9]\d{0,2},\d{3}$/.test(cell);
    }
  }
  if (commas === 0) return '.';
  if (points || !certain) {
    const example = rows.flat().find((cell) => /^[-+]?\d*,\d+/.test(cell)) as string;
    throw new KitError(
      'invalid-embeddings',
      `${name} can be read in two ways: "${example}" is ${example.replace(',', '.')} with a decimal comma, or ${example.replace(',', '')} with a comma between thousands. Save it with decimal points.`,
    );
  }
  return ',';
}
