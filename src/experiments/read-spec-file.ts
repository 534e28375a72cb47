import { type ParseError, type ParseErrorCode, parse, printParseErrorCode } from 'jsonc-parser';
import { textOfFile } from '../files/text-of-file.js';
import { KitError } from '../kit-error.js';
import { pathFrom } from './path-from.js';

/**
 * What an experiment file, a spec file or a record (its spec) holds. Losses and networks of a file are named from the folder
 * that the command runs in.
 *
 * @throws KitError `invalid-spec` naming the file and, where it is not JSON, line and column
 */
export function readSpecFile(path: string): unknown {
  const value = readJson(path) as { format?: number; kind?: string; spec?: unknown } | null;
  if (value?.format === undefined) return withPaths(value, path);
  if (value.spec !== undefined) return value.spec;
  throw new KitError(
    'invalid-spec',
    `${path} is what the kit wrote of ${value.kind ?? 'something else'}, not of a run; name a spec, or a run's record, results/runs/…/ID.json.`,
  );
}

/** Where a path stands in a spec. */
const PATH_IN = { loss: 'module', model: 'file' } as const;

function withPaths(value: unknown, file: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => withPaths(entry, file));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const holder = Object.hasOwn(PATH_IN, key) ? PATH_IN[key as keyof typeof PATH_IN] : undefined;
      const path: unknown = holder === undefined ? undefined : inner?.[holder];
      if (holder === undefined || typeof path !== 'string') return [key, withPaths(inner, file)];
      return [key, { ...inner, [holder]: pathFrom(file, path) }];
    }),
  );
}

/**
 * The value of a JSON file that a person may have written: UTF-8 or UTF-16, with or without a byte order mark.
 *
 *
 * @throws KitError `invalid-spec` that names line, column and what stands there
 */
function readJson(path: string): unknown {
  let text: string;
  try {
    text = textOfFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KitError(
      'invalid-spec',
      `${path} can't be read (${code === 'EISDIR' ? 'it is a folder' : code}).`,
      {
        cause: error,
      },
    );
  }
  const faults: ParseError[] = [];
  const value: unknown = parse(text, faults, { disallowComments: true });
  const [first] = faults;
  if (first === undefined) return value;
  const { line, column } = positionOf(text, first.offset);
  throw new KitError(
    'invalid-spec',
    `${path} is not JSON: line ${line}, column ${column}: ${describe(text, first)}.`,
  );
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: lines[lines.length - 1].length + 1 };
}

const COMPLAINTS: Partial<Record<ReturnType<typeof printParseErrorCode>, string>> = {
  InvalidCommentToken: 'a comment, which JSON does not have; remove it',
  PropertyNameExpected: 'expected a name in double quotes',
  ValueExpected: 'expected a value',
  InvalidSymbol: 'expected a value',
  ColonExpected: 'expected a colon',
  CommaExpected: 'expected a comma',
  CloseBraceExpected: 'the file ends before the closing }',
  CloseBracketExpected: 'the file ends before the closing ]',
  EndOfFileExpected: 'more text after the end of the value',
  UnexpectedEndOfString: 'a text without its closing quote',
  UnexpectedEndOfComment: 'a comment, which JSON does not have; remove it',
};

function describe(text: string, { error, offset, length }: ParseError): string {
  const code = printParseErrorCode(error as ParseErrorCode);
  const before = text.slice(0, offset).trimEnd();
  const closes = /^[}\]]/.test(text.slice(offset));
  if (closes && before.endsWith(',')) {
    const { line, column } = positionOf(text, before.length - 1);
    return `a comma before the closing ${text[offset]} (the one in line ${line}, column ${column}); remove it`;
  }
  if (offset >= text.trimEnd().length && code !== 'UnexpectedEndOfString')
    return text.trim() === '' ? 'the file is empty' : (COMPLAINTS[code] ?? 'the file ends too early');
  const found = text.slice(offset, offset + Math.max(1, Math.min(length, 20)));
  return `${COMPLAINTS[code] ?? 'not understood'}, found ${JSON.stringify(found)}`;
}
