import { sourceOf } from '../lab/notebook-file.js';
import { answersOnly } from './answers-only.js';
import { type Assignment, cellNamed, runnableParts } from './assignment.js';
import { type AssignmentCell, gradeIdOf, isLocked, roleOf } from './assignment-cell.js';
import type { SubmittedFile } from './read-submission.js';
import { releasedCell } from './release.js';

/** Something to run: a cell, or the visible or hidden part of a test cell. */
export interface SubmissionPart {
  /** As a note names it: the cell's grade_id, or its place. */
  readonly label: string;
  readonly source: string;
}

/** A submission as it is graded. */
export interface RestoredSubmission {
  readonly parts: readonly SubmissionPart[];
  /** Written answers by grade_id; null where nothing was written. */
  readonly written: ReadonlyMap<string, string | null>;
  /** Solution cells by grade_id that hold the stub still. */
  readonly untouched: ReadonlySet<string>;
  readonly notes: readonly string[];
}

/**
 * Puts the master's cells back where a submission has changed or lost them: what is given and what is tested is the same for everybody.
 * Cells of the student's own stay where they are.
 */
export function restoreSubmission(assignment: Assignment, file: SubmittedFile): RestoredSubmission {
  const notes: string[] = [];
  const own = new Map<string, AssignmentCell>();
  const order: { readonly id?: string; readonly cell: AssignmentCell; readonly label: string }[] = [];
  for (const [i, cell] of file.cells.entries()) {
    const master = cellNamed(assignment, gradeIdOf(cell));
    const id = master && gradeIdOf(master);
    const known = master !== undefined && roleOf(master) !== 'plain' && !own.has(id!);
    if (known && cell.cell_type !== master.cell_type)
      notes.push(`${id} is a ${cell.cell_type} cell now, was ${master.cell_type}: not read`);
    else if (known) {
      own.set(id!, cell);
      order.push({ id, cell: isLocked(master) ? master : cell, label: id! });
    } else if (master !== undefined && isLocked(master)) notes.push(`a second cell named ${id} is left out`);
    else order.push({ cell, label: `cell ${i + 1}` });
  }
  let before = -1;
  for (const master of assignment.cells) {
    const id = gradeIdOf(master);
    const role = roleOf(master);
    const at = order.findIndex((entry) => entry.id !== undefined && entry.id === id);
    if (at >= 0) before = at;
    if (role === 'plain' || at >= 0) continue;
    notes.push(`${id} is missing${isLocked(master) ? ': put back' : ''}`);
    if (isLocked(master)) order.splice(++before, 0, { id, cell: master, label: id! });
  }
  for (const [id, cell] of own) {
    const master = cellNamed(assignment, id)!;
    const given = [releasedCell(master), master].map(sourceOf);
    if (isLocked(master) && !given.some((source) => isSameText(sourceOf(cell), source)))
      notes.push(`${id} was changed: put back`);
  }
  const unanswered = (id: string, cell: AssignmentCell) =>
    isSameText(sourceOf(cell), sourceOf(releasedCell(cellNamed(assignment, id)!)));
  const mine = [...own].map(([id, cell]) => ({ id, cell, role: roleOf(cellNamed(assignment, id)!) }));
  return {
    parts: order
      .filter(({ cell }) => cell.cell_type === 'code')
      .flatMap(({ id, cell, label }) => {
        const master = cellNamed(assignment, id);
        if (master === undefined || roleOf(master) !== 'test') return [{ label, source: sourceOf(cell) }];
        return runnableParts(master).map(({ source }) => ({ label, source: answersOnly(source) }));
      }),
    written: new Map(
      mine
        .filter(({ role }) => role === 'written')
        .map(({ id, cell }) => [id, unanswered(id, cell) ? null : sourceOf(cell)]),
    ),
    untouched: new Set(
      mine.filter(({ id, cell, role }) => role === 'solution' && unanswered(id, cell)).map(({ id }) => id),
    ),
    notes,
  };
}

/** The same but for ends of lines. */
export function isSameText(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll('\r\n', '\n').trimEnd();
  return plain(a) === plain(b);
}
