import { type Dirent, readdirSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { KitError } from '../kit-error.js';
import type { Assignment } from './assignment.js';
import { gradeIdOf, roleOf } from './assignment-cell.js';
import { readSubmission, type SubmittedFile } from './read-submission.js';

/** A student's file, and the assignment that it is taken for. */
export interface FoundSubmission {
  readonly student: string;
  /** From the folder of submissions. */
  readonly path: string;
  readonly file: SubmittedFile;
  /** Undefined where it is none of the assignments. */
  readonly assignment?: Assignment;
  readonly notes: readonly string[];
}

const DEEPEST = 4;

/**
 * Every student's notebooks: `<student>/<assignment>/<notebook>.ipynb` as nbgrader collects them, `<student>/<notebook>.ipynb`, or
 * `<student>.ipynb`. An assignment is known by what the notebook's metadata say, else by the name of file or folder, else by its cells.
 *
 * @throws KitError `invalid-argument` where the folder can't be read or holds nothing
 */
export function findSubmissions(folder: string, assignments: readonly Assignment[]): FoundSubmission[] {
  const found: FoundSubmission[] = [];
  for (const entry of entriesOf(folder)) {
    if (entry.isDirectory()) {
      const paths = notebooksIn(join(folder, entry.name), 1);
      for (const path of paths) found.push(taken(entry.name, folder, path, assignments));
      if (paths.length === 0)
        found.push({
          student: entry.name,
          path: entry.name,
          file: { cells: [], notes: [], unreadable: 'holds no notebook (.ipynb)' },
          notes: [],
        });
    } else if (entry.name.endsWith('.ipynb')) {
      const path = join(folder, entry.name);
      found.push(
        entry.isFile()
          ? taken(basename(entry.name, '.ipynb'), folder, path, assignments)
          : link(entry.name, folder, path),
      );
    }
  }
  if (found.length === 0)
    throw new KitError(
      'invalid-argument',
      `${folder} holds no submissions: neither notebooks (.ipynb) nor a folder a student.`,
    );
  return oneOfEach(found);
}

/** Of several files for one assignment, the one that is named for it counts, else the first. */
function oneOfEach(found: readonly FoundSubmission[]): FoundSubmission[] {
  const isNamed = ({ path, assignment }: FoundSubmission) => basename(path, '.ipynb') === assignment?.name;
  const same = (a: FoundSubmission) => (b: FoundSubmission) =>
    a.assignment !== undefined && a.student === b.student && a.assignment === b.assignment;
  return found.flatMap((submission) => {
    const all = found.filter(same(submission));
    if (all.length < 2) return [submission];
    const graded = all.find(isNamed) ?? all[0];
    if (graded !== submission) return [];
    const others = all.filter((one) => one !== graded).map(({ path }) => path);
    return [{ ...graded, notes: [...graded.notes, `also handed in, not graded: ${others.join(', ')}`] }];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new KitError(
      'invalid-argument',
      `${folder} can't be read as a folder of submissions: ${(error as Error).message}`,
    );
  }
}

/** Files and links; what a link leads to may be somebody else's and is not read. */
function notebooksIn(folder: string, depth: number): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth < DEEPEST ? notebooksIn(path, depth + 1) : [];
    return entry.name.endsWith('.ipynb') ? [path] : [];
  });
}

function link(student: string, folder: string, path: string): FoundSubmission {
  const file = { cells: [], notes: [], unreadable: 'is a link, which is not followed' };
  return { student, path: relative(folder, path), file, notes: [] };
}

function taken(
  student: string,
  folder: string,
  path: string,
  assignments: readonly Assignment[],
): FoundSubmission {
  const way = relative(folder, path);
  const isLink = entriesOf(join(path, '..'))
    .find(({ name }) => name === basename(path))
    ?.isSymbolicLink();
  const file = isLink ? link(student, folder, path).file : readSubmission(path);
  const called = [basename(path, '.ipynb'), ...way.split(sep).slice(1, -1).reverse()];
  const named = (name: string | undefined) => assignments.find((one) => one.name === name);
  const byName = called.map(named).find((one) => one !== undefined);
  const assignment = named(file.says) ?? byName ?? byCells(file, assignments);
  const notes =
    assignment !== undefined && byName !== assignment && way !== `${student}.ipynb`
      ? [`the file is called ${basename(path)}; taken for ${assignment.name}`]
      : [];
  return { student, path: way, file, ...(assignment && { assignment }), notes };
}

/** The assignment that shares most cells. */
function byCells({ cells }: SubmittedFile, assignments: readonly Assignment[]): Assignment | undefined {
  const ids = new Set(cells.map(gradeIdOf));
  const shared = (assignment: Assignment) =>
    assignment.cells.filter((cell) => roleOf(cell) !== 'plain' && ids.has(gradeIdOf(cell))).length;
  const best = [...assignments].sort((a, b) => shared(b) - shared(a))[0];
  return best !== undefined && shared(best) > 0 ? best : undefined;
}
