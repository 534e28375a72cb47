import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { KitError } from '../kit-error.js';
import { type Notebook, readNotebook, sourceOf } from '../lab/notebook-file.js';
import { escapedText } from '../report/escaped-text.js';
import { addressOf, kindOf } from './page-address.js';

/** A place on the site: what it is called and its address. */
export interface Place {
  readonly text: string;
  readonly address: string;
}

/** A function of the repository. */
export interface SourceFunction {
  readonly name: string;
  /** From the repository's root. */
  readonly path: string;
  readonly line: number;
}

/** A loss with all that its docstring names: everything is one click from its equation. */
export interface DocumentedLoss extends SourceFunction {
  /** Of its page, from the site's root. */
  readonly address: string;
  readonly twin: SourceFunction;
  /** Where its gradient is derived, and where that is checked. */
  readonly derivation: readonly Place[];
  readonly proof: readonly Place[];
  readonly tests: readonly Place[];
}

/** What the docstring of a loss says after `@twin`, `@proof` and `@tests`. */
export interface LossTags {
  readonly twin: string;
  readonly proof: string;
  readonly tests: string;
}

/** @throws KitError `site-failed` where a file or a cell that the docstring names is not there */
export function documentedLoss(
  root: string,
  loss: SourceFunction & { readonly address: string },
  tags: LossTags,
): DocumentedLoss {
  const twin = twinOf(root, loss, tags.twin);
  const cells = wordsOf(tags.proof).flatMap((word) => cellsNamed(root, loss.name, word));
  const tests = wordsOf(tags.tests).map((path) => testOf(root, loss, twin, path));
  return {
    ...loss,
    twin,
    derivation: cells.filter(({ type }) => type === 'markdown'),
    proof: cells.filter(({ type }) => type === 'code'),
    tests,
  };
}

/** The function that a file of `reference` exports. */
function twinOf(root: string, loss: SourceFunction, path: string): SourceFunction {
  const lines = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8').split('\n') : [];
  const at = lines.findIndex((line) => /^export function \w+\(/.test(line));
  if (at < 0)
    throw new KitError(
      'site-failed',
      `The docstring of ${loss.name} names the plain twin ${path}, which is not there or exports no function.`,
    );
  return { name: `reference.${/function (\w+)/.exec(lines[at])?.[1]}`, path, line: at + 1 };
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '');

/** Cells `id,id` of a notebook: `path#id,id`. */
function cellsNamed(root: string, loss: string, named: string): (Place & { readonly type: string })[] {
  const [path, ids = ''] = named.split('#');
  const notebook: Notebook = readNotebook(join(root, path));
  return ids.split(',').map((id) => {
    const cell = notebook.cells.find((one) => one.id === id);
    if (cell === undefined)
      throw new KitError(
        'site-failed',
        `The docstring of ${loss} names the cell ${id} of ${path}, which has no such cell. Its cells: ${notebook.cells.map((one) => one.id).join(', ')}.`,
      );
    const heading = /^#+ (.*)$/m.exec(sourceOf(cell))?.[1];
    const number = basename(path).slice(0, 2);
    const text = `notebook ${number}: ${cell.cell_type === 'markdown' && heading !== undefined ? heading : id}`;
    return { text, address: `${addressOf(path, 'notebook')}#cell-${id}`, type: cell.cell_type };
  });
}

/** A test's file, at the first test that names the loss or its twin; one that goes through a catalogue names neither. */
function testOf(root: string, loss: SourceFunction, twin: SourceFunction, path: string): Place {
  let lines: string[];
  try {
    lines = readFileSync(join(root, path), 'utf8').split('\n');
  } catch (error) {
    throw new KitError('site-failed', `The docstring of ${loss.name} names ${path}, which is not there.`, {
      cause: error,
    });
  }
  const mention = new RegExp(`\\b${loss.name}\\(|\\b${twin.name.replace('.', '\\.')}\\b`);
  const at = lines.findIndex((line) => mention.test(line));
  const test = lines.slice(0, at + 1).findLastIndex((line) => /^\s*(it|describe)\b/.test(line));
  const first = lines.findIndex((line) => /^\s*describe\b/.test(line));
  const line = 1 + (at < 0 ? first : test >= 0 && at - test <= LONGEST_TEST ? test : at);
  const anchor = line === 0 ? '' : `#L${line}`;
  return { text: basename(path), address: `${addressOf(path, kindOf(path, false))}${anchor}` };
}

/** Farther above a line than this, a test's first line is not that line's. */
const LONGEST_TEST = 12;

/**
 * The links of a loss as HTML.
 *
 * @param link from an address of the site to a link on this page; empty for the page itself, which is then left out
 */
export function lossLinks(loss: DocumentedLoss, link: (address: string) => string): string {
  const places = (list: readonly Place[]) =>
    list
      .filter(({ address }) => link(address) !== '')
      .map(({ text, address }) => `<a href="${link(address)}">${escapedText(text)}</a>`)
      .join(' ');
  const rows: [string, readonly Place[]][] = [
    [
      'Equation',
      [
        { text: loss.name, address: loss.address },
        { text: 'gradient', address: `${loss.address}#gradient` },
        { text: 'the paper’s settings', address: `${loss.address}#paper-settings` },
      ],
    ],
    ['Code', [sourceOfFunction(loss)]],
    ['Plain twin', [sourceOfFunction(loss.twin)]],
    ['Derivation', loss.derivation],
    ['Proof', loss.proof],
    ['Tests', loss.tests],
  ];
  const filled = rows.filter(([, list]) => list.length > 0);
  return `<dl class="where-it-lives">${filled.map(([name, list]) => `<dt>${name}</dt><dd>${places(list)}</dd>`).join('')}</dl>`;
}

/** The source of a function, at its line. */
export function sourceOfFunction({ path, line }: SourceFunction): Place {
  return { text: path.replace(/^src\/losses\//, ''), address: `${addressOf(path, 'source')}#L${line}` };
}
