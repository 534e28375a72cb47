import { readFileSync, statSync } from 'node:fs';
import type { AssignmentCell } from './assignment-cell.js';

/** A submitted file as it came: its cells, or why it has none. */
export interface SubmittedFile {
  readonly cells: readonly AssignmentCell[];
  /** Of the notebook's metadata: the assignment that it says it is. */
  readonly says?: string;
  /** What a teacher should know of it. */
  readonly notes: readonly string[];
  /** Why nothing in it can be graded. */
  readonly unreadable?: string;
}

const LARGEST_FILE = 64 * 2 ** 20;

/** Reads what a student handed in. Never throws: whatever is wrong with the file is said in the result. */
export function readSubmission(path: string): SubmittedFile {
  const notes: string[] = [];
  try {
    if (statSync(path).size > LARGEST_FILE)
      return { cells: [], notes, unreadable: `is larger than ${LARGEST_FILE / 2 ** 20} MiB` };
    const { text, encoding } = textOf(readFileSync(path));
    if (encoding !== 'UTF-8') notes.push(`is ${encoding}, not UTF-8; read as such`);
    const notebook = JSON.parse(text) as {
      cells?: unknown;
      nbformat?: unknown;
      metadata?: { kit?: { assignment?: unknown } };
    };
    if (notebook?.nbformat !== 4 || !Array.isArray(notebook.cells))
      return { cells: [], notes, unreadable: 'is not a notebook of nbformat 4' };
    const cells = notebook.cells.filter(isCell);
    if (cells.length < notebook.cells.length)
      notes.push(`${notebook.cells.length - cells.length} cells are none of nbformat 4 and are left out`);
    const says = notebook.metadata?.kit?.assignment;
    return { cells, notes, ...(typeof says === 'string' && { says }) };
  } catch (error) {
    const what =
      error instanceof SyntaxError ? 'is no JSON, so no notebook' : (error as NodeJS.ErrnoException).code;
    return { cells: [], notes, unreadable: what ?? 'can not be read' };
  }
}

/** Text, whichever encoding an editor saved it in. */
function textOf(bytes: Buffer): { readonly text: string; readonly encoding: string } {
  const decode = (encoding: string) => new TextDecoder(encoding, { fatal: true }).decode(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: decode('utf-16le'), encoding: 'UTF-16' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: decode('utf-16be'), encoding: 'UTF-16' };
  try {
    return { text: decode('utf-8'), encoding: 'UTF-8' };
  } catch {
    return { text: decode('windows-1252'), encoding: 'Windows-1252' };
  }
}

function isCell(cell: unknown): cell is AssignmentCell {
  if (typeof cell !== 'object' || cell === null) return false;
  const { cell_type, source, metadata } = cell as Record<string, unknown>;
  const isText = (value: unknown) => typeof value === 'string';
  return (
    ['code', 'markdown', 'raw'].includes(cell_type as string) &&
    (isText(source) || (Array.isArray(source) && source.every(isText))) &&
    (metadata === undefined || (typeof metadata === 'object' && metadata !== null))
  );
}
