import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { KitError } from '../kit-error.js';
import { type Notebook, readNotebook, sourceOf } from '../lab/notebook-file.js';
import { piecesOfTest } from './answers-only.js';
import { type AssignmentCell, gradeIdOf, roleOf } from './assignment-cell.js';
import { hiddenTests, withoutHiddenTests } from './regions.js';

/** A master notebook: what is asked, what is right, and what it is worth. */
export interface Assignment {
  /** Its file's name without `.ipynb`. */
  readonly name: string;
  /** Its first heading. */
  readonly title: string;
  readonly notebook: Notebook;
  readonly cells: readonly AssignmentCell[];
}

/** @throws KitError `invalid-argument` naming file and cell where it can't be an assignment; `unsupported-file` */
function readAssignment(path: string): Assignment {
  const notebook = readNotebook(path);
  const cells = notebook.cells as AssignmentCell[];
  const name = basename(path, '.ipynb');
  const wrong = (what: string): never => {
    throw new KitError('invalid-argument', `${path}: ${what}`);
  };
  const ids = new Set<string>();
  for (const cell of cells) {
    const role = roleOf(cell);
    if (role === 'plain') continue;
    const id = cell.metadata?.nbgrader?.grade_id;
    if (!id) wrong(`a ${role} cell has no grade_id: ${sourceOf(cell).slice(0, 60)}`);
    if (ids.has(id!)) wrong(`two cells have the grade_id ${id}; each needs its own.`);
    ids.add(id!);
    const { points } = cell.metadata!.nbgrader!;
    if ((role === 'test' || role === 'written') && !(typeof points === 'number' && points >= 0))
      wrong(`the ${role} cell ${id} has no points; its nbgrader metadata need a number, 0 or more.`);
    if (role === 'test' && cell.cell_type !== 'code') wrong(`the test cell ${id} is no code cell.`);
    if (role === 'test' && !sourceOf(cell).startsWith(withoutHiddenTests(sourceOf(cell))))
      wrong(`the hidden tests of ${id} must be the end of their cell: they run after the visible ones.`);
  }
  if (!cells.some((cell) => roleOf(cell) === 'test' || roleOf(cell) === 'written'))
    wrong('no cell gives points, so there is nothing to grade.');
  const heading = cells.map(sourceOf).find((source) => source.startsWith('# '));
  return { name, title: heading?.split('\n')[0].slice(2).trim() ?? name, notebook, cells };
}

/** All masters of a folder, by name. @throws KitError `invalid-argument` where there are none */
export function readAssignments(folder: string): Assignment[] {
  let files: string[] = [];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.ipynb'));
  } catch (error) {
    throw new KitError('invalid-argument', `${folder} can't be read: ${(error as Error).message}`);
  }
  if (files.length === 0)
    throw new KitError('invalid-argument', `${folder} holds no master notebooks (*.ipynb).`);
  return files.sort().map((file) => readAssignment(join(folder, file)));
}

/** Points of an assignment, by automatic checks and by hand. */
export function pointsOf({ cells }: Assignment): { readonly automatic: number; readonly written: number } {
  const sum = (role: 'test' | 'written') =>
    cells
      .filter((cell) => roleOf(cell) === role)
      .reduce((total, cell) => total + (cell.metadata?.nbgrader?.points ?? 0), 0);
  return { automatic: sum('test'), written: sum('written') };
}

/** The pieces of a cell that run one after another, hidden tests last. */
export function runnableParts(cell: AssignmentCell): { readonly source: string; readonly hidden: boolean }[] {
  const source = sourceOf(cell);
  if (roleOf(cell) !== 'test') return [{ source, hidden: false }];
  return [
    ...piecesOfTest(withoutHiddenTests(source)).map((piece) => ({ source: piece, hidden: false })),
    ...piecesOfTest(hiddenTests(source)).map((piece) => ({ source: piece, hidden: true })),
  ];
}

/** The assignment's cell of that name. */
export function cellNamed({ cells }: Assignment, id: string | undefined): AssignmentCell | undefined {
  return id === undefined ? undefined : cells.find((cell) => gradeIdOf(cell) === id);
}
