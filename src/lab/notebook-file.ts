import { z } from 'zod';
import { textOfFile } from '../files/text-of-file.js';
import { KitError } from '../kit-error.js';

/** An output of a cell, as nbformat 4 has it. */
export type NotebookOutput =
  | { readonly output_type: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | { readonly output_type: 'display_data'; readonly data: object; readonly metadata: object }
  | {
      readonly output_type: 'error';
      readonly ename: string;
      readonly evalue: string;
      readonly traceback: readonly string[];
    };

export interface NotebookCell {
  readonly cell_type: 'markdown' | 'code' | 'raw';
  /** From nbformat 4.5 on. */
  readonly id?: string;
  readonly source: string | readonly string[];
  outputs?: NotebookOutput[];
  execution_count?: number | null;
}

export interface Notebook {
  readonly nbformat: number;
  readonly metadata?: {
    /** Seconds that a run of the whole notebook may take; for notebooks that take longer than the default. */
    readonly kit?: { readonly timeoutSeconds?: number };
    readonly kernelspec?: { readonly language?: string };
    readonly language_info?: { readonly name?: string };
    /** Of an executed copy: what ran it, and the notebook that it is of (see `executedFrom`). */
    readonly executed_by?: string;
    readonly executed_from?: string;
  };
  readonly cells: NotebookCell[];
}

/** What running and showing a notebook rests on; everything else is kept as it is. */
const notebookSchema = z.looseObject({
  nbformat: z.literal(4),
  metadata: z
    .looseObject({
      kit: z.looseObject({ timeoutSeconds: z.number().positive().optional() }).optional(),
      kernelspec: z.looseObject({ language: z.string().optional() }).optional(),
      language_info: z.looseObject({ name: z.string().optional() }).optional(),
    })
    .optional(),
  cells: z.array(
    z.looseObject({
      cell_type: z.enum(['markdown', 'code', 'raw']),
      source: z.union([z.string(), z.array(z.string())]),
    }),
  ),
});

/**
 * @throws KitError `unsupported-file` where it can't be read, is no notebook of nbformat 4, naming the cell, or is of another
 *   language
 */
export function readNotebook(path: string): Notebook {
  const result = notebookSchema.safeParse(jsonOf(path));
  if (result.success) {
    const notebook = result.data as unknown as Notebook;
    const { kernelspec, language_info } = notebook.metadata ?? {};
    const language = kernelspec?.language ?? language_info?.name ?? 'typescript';
    if (/^(type|java)script$/i.test(language)) return notebook;
    throw new KitError(
      'unsupported-file',
      `${path} is a notebook of ${language}; kit lab runs those of TypeScript and JavaScript.`,
    );
  }
  const [{ path: place, message }] = result.error.issues;
  throw new KitError(
    'unsupported-file',
    `${path} is not a notebook of nbformat 4: ${fault(place, message)}.`,
  );
}

function jsonOf(path: string): unknown {
  try {
    // Without a byte order mark, which Windows' editors put there.
    const text = textOfFile(path);
    if (text.trim() === '') throw new Error('the file is empty');
    return JSON.parse(text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' };
    throw new KitError(
      'unsupported-file',
      `${path} can't be read as a notebook: ${reasons[code ?? ''] ?? (error as Error).message}.`,
      { cause: error },
    );
  }
}

function fault(place: readonly PropertyKey[], message: string): string {
  const [root, index, field] = place;
  if (root === 'nbformat')
    return '"nbformat" is not 4 (Jupyter converts older ones: jupyter nbconvert --to notebook)';
  if (root === undefined) return 'it is JSON of another kind';
  if (root !== 'cells' || index === undefined) return `${place.map(String).join('.')}: ${message}`;
  const cell = `its cell ${Number(index) + 1}`;
  if (field === 'source') return `${cell} has no "source" that is text or lines of text`;
  if (field === 'cell_type') return `${cell} has no "cell_type" of markdown, code or raw`;
  return `${cell}: ${message}`;
}

/** A cell's source in one piece. */
export function sourceOf(cell: NotebookCell): string {
  return typeof cell.source === 'string' ? cell.source : cell.source.join('');
}
