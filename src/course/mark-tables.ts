import { unparse } from 'papaparse';
import { SPREADSHEET } from './hand-marks.js';
import { pointsSoFar, pointsToMark, type SubmissionMark } from './marks.js';

/** A row a submission: points, and why. */
export function marksTable(marks: readonly SubmissionMark[]): string {
  const fields = ['student', 'assignment', 'score', 'max_score', 'to_mark_by_hand', 'file', 'notes'];
  const data = marks.map((mark) => [
    mark.student,
    mark.assignment,
    pointsSoFar(mark),
    mark.maxPoints,
    pointsToMark(mark),
    mark.path,
    mark.notes.join('; '),
  ]);
  return `${unparse({ fields, data }, SPREADSHEET)}\n`;
}

/** A row a check or written answer, for whoever has to explain a mark. */
export function checksTable(marks: readonly SubmissionMark[]): string {
  const fields = [
    'student',
    'assignment',
    'question',
    'points',
    'max_points',
    'check',
    'hidden',
    'passed',
    'message',
  ];
  const data = marks.flatMap(({ student, assignment, questions }) =>
    questions.flatMap(({ question, points, maxPoints, checks, note }) => {
      const start = [student, assignment, question, points ?? '', maxPoints];
      if (checks.length === 0) return [[...start, '', '', '', note]];
      return checks.map(({ name, hidden, passed, message }) => [...start, name, hidden, passed, message]);
    }),
  );
  return `${unparse({ fields, data }, SPREADSHEET)}\n`;
}
