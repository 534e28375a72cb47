import { existsSync } from 'node:fs';
import { parse, unparse } from 'papaparse';
import { textOfFile } from '../files/text-of-file.js';
import { KitError } from '../kit-error.js';
import type { QuestionMark, SubmissionMark } from './marks.js';

/** What a person gave for a written answer. */
interface HandMark {
  readonly points: number | null;
  readonly comment: string;
  readonly outOf: string;
  readonly answer: string;
}

export type HandMarks = ReadonlyMap<string, HandMark>;

const COLUMNS = ['student', 'assignment', 'question', 'points', 'out of', 'comment', 'answer'] as const;
const keyOf = (...parts: readonly string[]) => JSON.stringify(parts);

/**
 * Points and comments that a person wrote into the table of written answers; none where the file isn't there.
 *
 * @throws KitError `invalid-argument` naming file and row
 */
export function readHandMarks(path: string): HandMarks {
  if (!existsSync(path)) return new Map();
  const { data } = parse<Record<string, string>>(textOfFile(path), {
    header: true,
    skipEmptyLines: 'greedy',
    transformHeader: (name) => name.trim(),
    // What escapeFormulae wrote.
    transform: (value) => value.replace(/^'(?=[=+\-@\t\r])/, ''),
  });
  const marks = new Map<string, HandMark>();
  for (const [i, row] of data.entries()) {
    const {
      student,
      assignment,
      question,
      points = '',
      'out of': outOf = '',
      comment = '',
      answer = '',
    } = row;
    const where = `${path}, row ${i + 2}`;
    if (student === undefined || assignment === undefined || question === undefined)
      throw new KitError('invalid-argument', `${where}: the columns are ${COLUMNS.join(', ')}.`);
    const given = points.trim() === '' ? null : Number(points.replace(',', '.'));
    if (given !== null && !(given >= 0 && given <= Number(outOf.replace(',', '.')))) {
      throw new KitError(
        'invalid-argument',
        `${where}: ${points} points for ${question} of ${student}; a number from 0 to ${outOf} was expected, or nothing where it is not marked yet.`,
      );
    }
    marks.set(keyOf(student, assignment, question), { points: given, comment, outOf, answer });
  }
  return marks;
}

/** The marks with what a person gave. */
export function withHandMarks(mark: SubmissionMark, hand: HandMarks): SubmissionMark {
  const questions = mark.questions.map((question): QuestionMark => {
    const given = hand.get(keyOf(mark.student, mark.assignment, question.question));
    if (question.answer === undefined || given === undefined) return question;
    return {
      ...question,
      points: given.points ?? question.points,
      note: given.comment || (given.points === null ? question.note : ''),
    };
  });
  return { ...mark, questions };
}

/**
 * The table that a person fills in: what was given is kept, also of submissions that are not graded now; written answers that
 * are new have no points yet.
 */
export function handMarksTable(marks: readonly SubmissionMark[], hand: HandMarks): string {
  const others = new Map(hand);
  const rows = marks.flatMap(({ student, assignment, questions }) =>
    questions.flatMap(({ question, maxPoints, answer }) => {
      if (answer === undefined || answer === null) return [];
      const key = keyOf(student, assignment, question);
      const { points = null, comment = '' } = hand.get(key) ?? {};
      others.delete(key);
      return [[student, assignment, question, points ?? '', maxPoints, comment, answer]];
    }),
  );
  const kept = [...others].map(([key, { points, outOf, comment, answer }]) => [
    ...(JSON.parse(key) as string[]),
    points ?? '',
    outOf,
    comment,
    answer,
  ]);
  return `${unparse({ fields: [...COLUMNS], data: [...rows, ...kept] }, SPREADSHEET)}\n`;
}

/** Cells that begin like a formula are no formula. */
export const SPREADSHEET = { escapeFormulae: true, newline: '\n' } as const;
