import { KitError } from '../kit-error.js';
import { type DelimitedText, numberIn } from './delimited-text.js';

/** What each column of a table is. */
export interface EmbeddingColumns {
  readonly rows: readonly (readonly string[])[];
  readonly dimensions: readonly number[];
  /** Undefined where the labels come from elsewhere. */
  readonly label?: number;
  /** Cells that are lists of numbers, as pandas writes arrays. */
  readonly lists: boolean;
  /** What was decided, for people. */
  readonly notes: readonly string[];
}

// Merged by pandas, two columns of one name get _x and _y; read twice, .1.
const LABEL =
  /^(labels?|class(es)?|class_?(id|name|label)s?|targets?|category|cls|species|identity)(_[xy]|\.\d+)?$/i;
const LABEL_OR_Y = new RegExp(`${LABEL.source}|^y$`, 'i');
/** Columns that name rows and measure nothing. */
const ROW_NAME =
  /^(|unnamed: ?\d+(\.\d+)?(_level_\d+)?|index|idx|id|row|(image|sample|item)_?id|(image_?|file_?)?path|file(_?name)?|image|img|name|split)$/i;
/** Fewer rows than this count up by chance, fewer columns too. */
const MANY = { rows: 10, columns: 8 };

/**
 * Tells header, index, label and dimensions of a table apart: pandas' index column is no dimension, its header of
 * numbers no row. The label is the column that `labelColumn` names (or numbers, from 1), else the one whose name says
 * so, else the last, or the first where only that can be one.
 *
 * @param options.labelsElsewhere the labels come from another file
 * @throws KitError `invalid-embeddings` with both readings where there are two, `invalid-argument` for a `labelColumn`
 *   that is not there
 */
export function embeddingColumns(
  { rows: all, decimal }: DelimitedText,
  name: string,
  options: { readonly labelColumn?: string; readonly labelsElsewhere?: boolean } = {},
): EmbeddingColumns {
  const number = (cell: string) => numberIn(cell, decimal);
  const width = all[0].length;
  const notes: string[] = [];
  const isText = Array.from({ length: width }, (_, column) => {
    const filled = all.filter((row) => row[column] !== '');
    return filled.filter((row) => Number.isNaN(number(row[column]))).length > filled.length / 2;
  });
  const header = headerOf(all, isText, number, name) ? all[0] : undefined;
  const rows = header === undefined ? all : all.slice(1);
  if (rows.length === 0) throw new KitError('invalid-embeddings', `${name} holds no rows.`);
  const valuesOf = (column: number) => rows.map((row) => number(row[column]));
  const isWhole = (column: number) =>
    !isText[column] && valuesOf(column).every((value) => Number.isSafeInteger(value));
  const nameOf = (column: number) => (header?.[column] ? `"${header[column]}"` : `column ${column + 1}`);
  const lists = Array.from({ length: width }, (_, column) =>
    rows.every((row) => /^\[[^\]]*\]$/.test(row[column])),
  );

  const left = new Set<number>();
  const counts = valuesOf(0).every(
    (value, i, [first]) => value === first + i && (first === 0 || first === 1),
  );
  const label = options.labelsElsewhere ? undefined : labelOf();
  if (options.labelsElsewhere && header !== undefined) {
    const own = header.findIndex((cell) => LABEL.test(cell));
    if (own >= 0)
      throw new KitError(
        'invalid-argument',
        `${name} has labels of its own in ${nameOf(own)}, and --labels names a file of them. Leave --labels out, or take the column out of the table.`,
      );
  }
  if (
    label !== 0 &&
    width > 1 &&
    rows.length > 1 &&
    counts &&
    !(header !== undefined && ROW_NAME.test(header[0]))
  ) {
    if (rows.length < MANY.rows)
      throw new KitError(
        'invalid-embeddings',
        `${name} can be read in two ways: its first column counts the ${rows.length} rows, and may be an index or a dimension. Take the index out (pandas: to_csv(…, index=False)), or give the table a header with the name "index" over it.`,
      );
    left.add(0);
  }
  for (const [column, title] of header?.entries() ?? [])
    if (column !== label && ROW_NAME.test(title) && !(title === '' && column > 0)) left.add(column);
  if (left.size > 0)
    notes.push(
      `left out, as it names rows: ${[...left]
        .sort((a, b) => a - b)
        .map(nameOf)
        .join(', ')}`,
    );
  const dimensions = Array.from({ length: width }, (_, column) => column).filter(
    (column) => column !== label && !left.has(column),
  );
  const words = dimensions.find((column) => isText[column] && !(lists[column] && dimensions.length === 1));
  if (words !== undefined) {
    const own = label === undefined ? '' : ` beside the labels in ${nameOf(label)}`;
    throw new KitError(
      'invalid-embeddings',
      `${name}: ${nameOf(words)} holds words, ${JSON.stringify(rows[0][words].slice(0, 40))} for one${own}; every other column must hold numbers. If it holds the labels, name it with --label-column; else take it out, or give it the name "index".`,
    );
  }
  const strangers = header === undefined ? [] : outsideOfFamily(dimensions, header);
  if (strangers.length > 0)
    throw new KitError(
      'invalid-embeddings',
      `${name} can be read in two ways: as ${dimensions.length} dimensions, or as ${dimensions.length - strangers.length}, ${familyOf(dimensions, header as readonly string[], strangers)}, beside ${strangers.map(nameOf).join(', ')}. Take out what is no dimension, or name it as the others.`,
    );
  if (dimensions.length === 0)
    throw new KitError(
      'invalid-embeddings',
      `${name} has ${width} columns; it needs one at least beside the label.`,
    );
  if (label !== undefined && (header !== undefined || label !== width - 1))
    notes.push(`labels: ${nameOf(label)}`);
  return { rows, dimensions, label, lists: lists[dimensions[0]] && dimensions.length === 1, notes };

  function labelOf(): number {
    const wanted = options.labelColumn;
    if (wanted !== undefined) {
      const named = header?.indexOf(wanted) ?? -1;
      if (named >= 0) return named;
      const at = Number(wanted) - 1;
      if (Number.isInteger(at) && at >= 0 && at < width && header?.includes(wanted) !== true) return at;
      throw new KitError(
        'invalid-argument',
        `${name} has no column "${wanted}"; ${header === undefined ? `it has no header: name a column by its number, 1 to ${width}` : `it has ${shortened(header)}`}.`,
      );
    }
    // Beside an x, y is a coordinate.
    const titles = header?.some((title) => /^x$/i.test(title)) ? LABEL : LABEL_OR_Y;
    const named = header?.flatMap((title, column) => (titles.test(title) ? [column] : [])) ?? [];
    if (named.length === 1) return named[0];
    if (named.length > 1)
      throw new KitError(
        'invalid-embeddings',
        `${name} has more than one column that may hold the labels: ${named.map(nameOf).join(', ')}. Name one with --label-column.`,
      );
    const last = width - 1;
    const text = isText.flatMap((is, column) =>
      is && !lists[column] && !(header !== undefined && ROW_NAME.test(header[column])) ? [column] : [],
    );
    if (text.length === 1) return text[0];
    const first = counts && rows.length > 1 ? 1 : 0;
    const between = Array.from({ length: Math.max(0, last - first - 1) }, (_, i) => first + 1 + i);
    const fractions = between.some((column) =>
      valuesOf(column).some((value) => Number.isFinite(value) && !Number.isInteger(value)),
    );
    const firstCanBe = first < last && isWhole(first) && fractions && !between.some(isWhole);
    if (isWhole(last) && firstCanBe) {
      const classes = (column: number) => new Set(valuesOf(column)).size;
      throw new KitError(
        'invalid-embeddings',
        `${name} can be read in two ways: the labels are in its first column (${classes(first)} classes), or in its last (${classes(last)} classes). Name one with --label-column.`,
      );
    }
    return !isWhole(last) && !isText[last] && firstCanBe ? first : last;
  }
}

/** Dimensions are numbered: `f0`, `f1` and so on. Those whose names are of no such row beside most that are. */
function outsideOfFamily(dimensions: readonly number[], header: readonly string[]): number[] {
  const families = new Map<string, number[]>();
  for (const column of dimensions) {
    const family = header[column].replace(/\d+/, '#');
    families.set(family, [...(families.get(family) ?? []), column]);
  }
  const [largest = []] = [...families.values()].sort((a, b) => b.length - a.length);
  if (largest.length < FAMILY || 2 * largest.length < dimensions.length) return [];
  return dimensions.filter((column) => !largest.includes(column));
}

const FAMILY = 3;

function familyOf(
  dimensions: readonly number[],
  header: readonly string[],
  strangers: readonly number[],
): string {
  const own = dimensions.filter((column) => !strangers.includes(column));
  return `"${header[own[0]]}" to "${header[own[own.length - 1]]}"`;
}

/** Whether the first row names the columns. */
function headerOf(
  all: readonly (readonly string[])[],
  isText: readonly boolean[],
  number: (cell: string) => number,
  name: string,
): boolean {
  const [first] = all;
  const numbers = first.filter((cell) => !Number.isNaN(number(cell)));
  const wordsOverNumbers = first.some((cell, column) => Number.isNaN(number(cell)) && !isText[column]);
  if (numbers.length === 0)
    return all.length === 1 || wordsOverNumbers || first.some((cell) => LABEL.test(cell));
  const start = numbers[0];
  const counts =
    (start === '0' || (start === '1' && first.some((cell) => Number.isNaN(number(cell))))) &&
    numbers.length > 1 &&
    numbers.every((cell, i) => cell === String(Number(start) + i));
  if (!counts) return false;
  const fractions = all
    .slice(1)
    .some((row) =>
      row.some((cell, column) => !isText[column] && !Number.isInteger(number(cell)) && cell !== ''),
    );
  if (fractions || numbers.length >= MANY.columns || first[0] === '') return true;
  throw new KitError(
    'invalid-embeddings',
    `${name} can be read in two ways: its first line, ${shortened(first)}, names the columns, or is a row. Name the columns with words, f0, f1 and so on, or put such a line above it.`,
  );
}

function shortened(cells: readonly string[]): string {
  return cells.length > 8 ? `${cells.slice(0, 4).join(', ')}, … ${cells.at(-1)}` : cells.join(', ');
}
