import { sourceOf } from '../lab/notebook-file.js';
import { type AssignmentCell, cellChecksum, gradeIdOf, isLocked, roleOf } from './assignment-cell.js';
import { CHECK_MIME } from './check.js';
import type { GradingBox } from './grading-box.js';
import { IsolatedNotebook, type Limits } from './isolated-notebook.js';
import { readSubmission } from './read-submission.js';
import { isReport } from './run-submission.js';

export interface SelfCheckedQuestion {
  readonly question: string;
  readonly maxPoints: number;
  /** A line a visible check, or what is wrong; empty for a written answer. */
  readonly lines: readonly string[];
  readonly passed: number;
  readonly checks: number;
}

export interface SelfCheck {
  readonly questions: readonly SelfCheckedQuestion[];
  readonly notes: readonly string[];
}

/** What a student can know before handing in: the visible checks, and whether every cell is as it was given. */
export async function selfCheck(path: string, box: GradingBox, limits: Limits): Promise<SelfCheck> {
  const file = readSubmission(path);
  if (file.unreadable !== undefined) return { questions: [], notes: [`${path} ${file.unreadable}`] };
  const notes = [...file.notes, ...file.cells.flatMap(changed)];
  const questions: SelfCheckedQuestion[] = [];
  const notebook = new IsolatedNotebook(box, limits);
  try {
    await notebook.start();
    for (const cell of file.cells) {
      const [role, question] = [roleOf(cell), gradeIdOf(cell) ?? '(no name)'];
      const maxPoints = cell.metadata?.nbgrader?.points ?? 0;
      if (role === 'written') questions.push({ question, maxPoints, lines: [], passed: 0, checks: 0 });
      if (cell.cell_type !== 'code') continue;
      const { shown, error, ended } = await notebook.run(sourceOf(cell));
      const reports = shown.map((data) => data[CHECK_MIME]).filter(isReport);
      const wrong = ended ?? error;
      if (role !== 'test' && wrong !== null) notes.push(`${question}: ${wrong}`);
      if (role !== 'test') continue;
      const lines = reports.map(({ name, verdict, error: thrown }) =>
        verdict === true ? `✓ ${name}` : `✗ ${name}: ${thrown ?? verdict ?? 'no verdict'}`,
      );
      const passed = reports.filter(({ verdict }) => verdict === true).length;
      questions.push({
        question,
        maxPoints,
        lines: wrong === null ? lines : [...lines, `✗ ${wrong}`],
        passed,
        checks: reports.length + (wrong === null ? 0 : 1),
      });
    }
  } finally {
    await notebook.close();
  }
  return { questions, notes };
}

/** By the checksum that the cell was given with. */
function changed(cell: AssignmentCell): string[] {
  const nbgrader = cell.metadata?.nbgrader;
  if (nbgrader?.checksum === undefined) return [];
  const same = nbgrader.checksum === cellChecksum(cell);
  if (isLocked(cell) && !same)
    return [`${nbgrader.grade_id} is not as it was given; grading puts the given cell back`];
  if (!isLocked(cell) && same) return [`${nbgrader.grade_id} is not answered yet`];
  return [];
}
