import { sourceOf } from '../lab/notebook-file.js';
import type { KeyCheck } from './answer-key.js';
import type { Assignment } from './assignment.js';
import { gradeIdOf, roleOf } from './assignment-cell.js';
import type { Verdict } from './check.js';
import type { RestoredSubmission } from './restore-submission.js';
import { isSameText } from './restore-submission.js';
import type { SubmissionRun } from './run-submission.js';

export interface CheckMark {
  readonly name: string;
  readonly hidden: boolean;
  readonly passed: boolean;
  /** What is wrong; empty where it passed. */
  readonly message: string;
}

export interface QuestionMark {
  /** The grade_id. */
  readonly question: string;
  /** Null where a person is still to mark it. */
  readonly points: number | null;
  readonly maxPoints: number;
  /** Of a test cell. */
  readonly checks: readonly CheckMark[];
  /** Of a written answer; null where nothing was written. */
  readonly answer?: string | null;
  /** What a student should read about it. */
  readonly note: string;
}

export interface SubmissionMark {
  readonly student: string;
  /** The assignment's name; empty where the file is none. */
  readonly assignment: string;
  readonly title: string;
  /** The file, from the folder of submissions. */
  readonly path: string;
  readonly questions: readonly QuestionMark[];
  readonly maxPoints: number;
  readonly notes: readonly string[];
}

/** Points given so far. */
export function pointsSoFar({ questions }: SubmissionMark): number {
  return rounded(questions.reduce((sum, { points }) => sum + (points ?? 0), 0));
}

/** Points that a person is still to give. */
export function pointsToMark({ questions }: SubmissionMark): number {
  return rounded(
    questions.reduce((sum, { points, maxPoints }) => sum + (points === null ? maxPoints : 0), 0),
  );
}

export interface MarkedBy {
  readonly restored: RestoredSubmission;
  readonly run: SubmissionRun;
  readonly checks: readonly KeyCheck[];
  readonly verdicts: readonly Verdict[];
}

/**
 * Marks of a submission's questions. The points of a test cell are shared equally by its checks, visible and hidden. A written answer
 * that was not touched gets 0, the master's own gets all, any other waits for a person.
 */
export function markQuestions(assignment: Assignment, by: MarkedBy | null): QuestionMark[] {
  return assignment.cells.flatMap((cell): QuestionMark[] => {
    const question = gradeIdOf(cell)!;
    const maxPoints = cell.metadata?.nbgrader?.points ?? 0;
    const role = roleOf(cell);
    if (role === 'written') {
      const answer = by?.restored.written.get(question) ?? null;
      const points = answer === null ? 0 : isSameText(answer, sourceOf(cell)) ? maxPoints : null;
      const note = answer === null ? 'not answered' : points === null ? 'to be marked by hand' : '';
      return [{ question, points, maxPoints, checks: [], answer, note }];
    }
    if (role !== 'test') return [];
    const checks = (by?.checks ?? [])
      .filter((check) => check.question === question)
      .map((check) => markCheck(check, by!));
    const passed = checks.filter((check) => check.passed).length;
    const points = checks.length === 0 ? 0 : rounded((maxPoints * passed) / checks.length);
    return [{ question, points, maxPoints, checks, note: by?.run.errors.get(question) ?? '' }];
  });
}

function markCheck({ name, hidden }: KeyCheck, { run, verdicts }: MarkedBy): CheckMark {
  const error = run.reports.get(name)?.error;
  const verdict = verdicts.find((one) => one.name === name)?.verdict;
  const message = error ?? verdict ?? 'no answer arrived';
  return { name, hidden, passed: message === true, message: message === true ? '' : message };
}

/** To hundredths of a point. */
export function rounded(points: number): number {
  return Math.round(points * 100) / 100;
}

/** Which of the solutions a student did not touch. */
export function untouchedNote(assignment: Assignment, untouched: ReadonlySet<string>): string[] {
  const all = assignment.cells.filter((cell) => roleOf(cell) === 'solution').map((cell) => gradeIdOf(cell)!);
  const left = all.filter((id) => untouched.has(id));
  if (left.length === 0) return [];
  return [left.length === all.length ? 'nothing was answered' : `not answered: ${left.join(', ')}`];
}
