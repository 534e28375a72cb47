import { stripVTControlCharacters } from 'node:util';
import { type Notebook, type NotebookCell, type NotebookOutput, sourceOf } from '../lab/notebook-file.js';
import { escapedText } from '../report/escaped-text.js';
import type { Highlight } from './highlight.js';
import type { Markdown, PageContext } from './markdown.js';

export interface NotebookPageOptions {
  readonly markdown: Markdown;
  readonly highlight: Highlight;
  readonly page: PageContext;
  /** The path of the notebook with this number, two digits, seen from this one. */
  numbered(number: string): string | undefined;
  /** Puts a picture beside the page. @returns the link to it */
  picture(name: string, content: string | Uint8Array): string;
}

/** The first heading of a notebook, and its question. */
export function titleOf(notebook: Notebook): { readonly title: string; readonly question: string } {
  const first = notebook.cells.length === 0 ? '' : sourceOf(notebook.cells[0]);
  return {
    title: /^# (.*)$/m.exec(first)?.[1] ?? '',
    question: /\*\*Question\.\*\* (.*)$/m.exec(first)?.[1] ?? '',
  };
}

/** The cells of a notebook with their stored outputs as HTML; cell `x` has the id `cell-x`. */
export function notebookPage(notebook: Notebook, options: NotebookPageOptions): string {
  const equations = cellsOfEquations(notebook);
  return notebook.cells
    .map((cell, at) => {
      const id = `cell-${cell.id ?? at}`;
      if (cell.cell_type === 'raw') return '';
      const body =
        cell.cell_type === 'markdown'
          ? options.markdown.render(withReferences(sourceOf(cell), equations, options), options.page)
          : codeCell(cell, id, options);
      return `<section class="cell ${cell.cell_type}" id="${id}">${body}</section>`;
    })
    .join('\n');
}

/** The cell in which each numbered equation stands. */
function cellsOfEquations({ cells }: Notebook): ReadonlyMap<string, string> {
  return new Map(
    cells.flatMap((cell, at) =>
      [...sourceOf(cell).matchAll(/\\tag\{(\d+)\}/g)].map(
        ([, tag]) => [tag, `#cell-${cell.id ?? at}`] as const,
      ),
    ),
  );
}

/** The table of what lives where, its equations and notebooks as links: "(4)" and "notebook 07". */
function withReferences(
  text: string,
  equations: ReadonlyMap<string, string>,
  { numbered }: NotebookPageOptions,
): string {
  if (!text.startsWith('## Where it lives')) return text;
  return text
    .replace(/\((\d+)\)/g, (written, tag: string) =>
      equations.has(tag) ? `[${written}](${equations.get(tag)})` : written,
    )
    .replace(/(?<=\bnotebooks? (?:\d\d, )*)\d\d\b/g, (number) => {
      const path = numbered(number);
      return path === undefined ? number : `[${number}](${path})`;
    });
}

function codeCell(cell: NotebookCell, id: string, options: NotebookPageOptions): string {
  const outputs = (cell.outputs ?? []).map((output, i) => outputOf(output, `${id}-${i + 1}`, options));
  const count = cell.execution_count ?? ' ';
  return `<div class="count">[${count}]</div>${options.highlight(sourceOf(cell), 'typescript')}${outputs.join('')}`;
}

function outputOf(output: NotebookOutput, id: string, options: NotebookPageOptions): string {
  switch (output.output_type) {
    case 'stream':
      return text(output.text, output.name);
    case 'error':
      return text(output.traceback.join('\n'), 'stderr');
    case 'display_data':
      return `<div class="output">${shown(output, id, options)}</div>`;
  }
}

/** The best of the types that an output is stored in. */
function shown({ data, metadata }: StoredDisplay, id: string, options: NotebookPageOptions): string {
  const types = new Map(Object.entries(data).map(([type, value]) => [type, pieces(value)]));
  const html = types.get('text/html');
  if (html !== undefined) return html;
  const { width, height } = (metadata as Record<string, Size | undefined>)['image/png'] ?? {};
  const size = `${width === undefined ? '' : ` width="${width}"`}${height === undefined ? '' : ` height="${height}"`}`;
  const image = (link: string) => `<img src="${link}"${size} alt="Output of the cell above" loading="lazy">`;
  const svg = types.get('image/svg+xml');
  if (svg !== undefined) return image(options.picture(`${id}.svg`, svg));
  const png = types.get('image/png');
  if (png !== undefined) return image(options.picture(`${id}.png`, Buffer.from(png, 'base64')));
  const prose = types.get('text/markdown') ?? types.get('text/latex');
  if (prose !== undefined) return options.markdown.render(prose, options.page);
  return text(types.get('text/plain') ?? '', 'stdout');
}

type StoredDisplay = Extract<NotebookOutput, { output_type: 'display_data' }>;

interface Size {
  readonly width?: number;
  readonly height?: number;
}

/** A stored value in one piece: nbformat allows text as a list of lines. */
function pieces(value: unknown): string {
  if (Array.isArray(value)) return value.join('');
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function text(value: string, name: string): string {
  return `<pre class="output ${name}">${escapedText(stripVTControlCharacters(value))}</pre>`;
}
