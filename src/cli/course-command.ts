import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pointsOf, readAssignments } from '../course/assignment.js';
import { feedbackPage } from '../course/feedback-page.js';
import { type FoundSubmission, findSubmissions } from '../course/find-submissions.js';
import { gradeSubmissions } from '../course/grade-submissions.js';
import { gradescopeResults } from '../course/gradescope-results.js';
import { makeGradingBox } from '../course/grading-box.js';
import { handMarksTable, readHandMarks, withHandMarks } from '../course/hand-marks.js';
import { DEFAULT_LIMITS, type Limits } from '../course/isolated-notebook.js';
import { checksTable, marksTable } from '../course/mark-tables.js';
import { pointsSoFar, pointsToMark, type SubmissionMark } from '../course/marks.js';
import { RELEASED_MARK, releasedNotebook } from '../course/release.js';
import { selfCheck } from '../course/self-check.js';
import { projectRoot } from '../experiments/environment.js';
import { holdsMark, requireApart, requireFreeOutputs } from '../files/planned-outputs.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { PAGE_MARK } from '../report/html-page.js';

const MASTERS = join(projectRoot, 'notebooks', 'course');

/** `kit course release`: the students' notebooks of all masters. */
export async function courseReleaseCommand(options: {
  masters?: string;
  out: string;
  force?: boolean;
}): Promise<void> {
  const { masters = MASTERS, out, force } = options;
  const assignments = readAssignments(masters);
  const files = assignments.map((assignment) => ({
    path: join(out, `${assignment.name}.ipynb`),
    content: `${JSON.stringify(releasedNotebook(assignment), null, 1)}\n`,
  }));
  await requireFreeOutputs({
    inputs: assignments.map(({ name }) => join(masters, `${name}.ipynb`)),
    outputs: files.map(({ path }) => ({ path, isEarlierResult: holdsMark(RELEASED_MARK) })),
    force,
  });
  for (const { path, content } of files) writeFileWhole(path, content);
  for (const [i, assignment] of assignments.entries()) {
    const { automatic, written } = pointsOf(assignment);
    process.stdout.write(`${files[i].path}: ${automatic} points by checks, ${written} by hand\n`);
  }
}

/** `kit course check`: what a student runs before handing in. Exit code 1 where a visible check fails. */
export async function courseCheckCommand(paths: readonly string[], options: Partial<Limits>): Promise<void> {
  const limits = { ...DEFAULT_LIMITS, ...options };
  const box = makeGradingBox(limits.memoryMegabytes / 2);
  let failed = false;
  try {
    for (const path of paths) {
      const { questions, notes } = await selfCheck(path, box, limits);
      process.stdout.write(`${path}\n`);
      for (const { question, maxPoints, lines, passed, checks } of questions) {
        const how = checks === 0 ? 'marked by hand' : `${passed} of ${checks} visible checks`;
        process.stdout.write(`\n${question}, ${maxPoints} points: ${how}\n`);
        for (const line of lines) process.stdout.write(`  ${line}\n`);
        failed ||= passed < checks;
      }
      for (const note of notes) process.stdout.write(`\n! ${note}\n`);
      failed ||= questions.length === 0;
    }
  } finally {
    box.remove();
  }
  process.stdout.write('\nGrading runs hidden checks too, on other points than these.\n');
  if (failed) process.exitCode = 1;
}

/** `kit course grade`: marks, feedback and Gradescope's results for a folder of submissions. */
export async function courseGradeCommand(
  submissions: string,
  options: Partial<Limits> & { masters?: string; out: string; workers?: number; force?: boolean },
): Promise<void> {
  const { masters = MASTERS, out, workers = availableParallelism(), force } = options;
  const found = findSubmissions(submissions, readAssignments(masters));
  requireApart(out, [submissions, masters]);
  const hand = readHandMarks(join(out, 'written-answers.csv'));
  const limits = {
    cellSeconds: options.cellSeconds ?? DEFAULT_LIMITS.cellSeconds,
    memoryMegabytes: options.memoryMegabytes ?? DEFAULT_LIMITS.memoryMegabytes,
  };
  const tables = tablesOf([], hand).map(({ name, mark }) => ({ path: name, mark }));
  const pages = found.flatMap((submission) => [
    { path: feedbackPath(submission), mark: PAGE_MARK },
    { path: gradescopePath(submission), mark: GRADESCOPE_MARK },
  ]);
  await requireFreeOutputs({
    inputs: [],
    outputs: [...tables, ...pages].map(({ path, mark }) => ({
      path: join(out, path),
      isEarlierResult: holdsMark(mark),
    })),
    force,
  });
  const marks = (
    await gradeSubmissions(found, {
      limits,
      workers,
      onMark: (mark) => process.stderr.write(`${said(mark)}\n`),
    })
  ).map((mark) => withHandMarks(mark, hand));
  for (const { name, content } of tablesOf(marks, hand)) writeFileWhole(join(out, name), content);
  for (const [i, mark] of marks.entries()) {
    writeFileWhole(join(out, feedbackPath(found[i])), feedbackPage(mark));
    writeFileWhole(
      join(out, gradescopePath(found[i])),
      `${JSON.stringify(gradescopeResults(mark), null, 2)}\n`,
    );
  }
  for (const mark of marks) process.stdout.write(`${said(mark)}\n`);
  process.stdout.write(
    `\nMarks are in ${join(out, 'marks.csv')}, written answers to mark in ${join(out, 'written-answers.csv')}: fill in its points and grade again.\n`,
  );
}

const GRADESCOPE_MARK = /"stdout_visibility": "hidden"/;
const feedbackPath = (submission: FoundSubmission) => join('feedback', `${fileOf(submission)}.html`);
const gradescopePath = (submission: FoundSubmission) =>
  join('gradescope', fileOf(submission), 'results.json');

/** A notebook that is none of the assignments is named by its own path. */
function fileOf({ student, assignment, path }: FoundSubmission): string {
  return join(student, assignment?.name ?? `none-${path.replaceAll(/[\\/]/g, '-')}`);
}

function tablesOf(marks: readonly SubmissionMark[], hand: ReturnType<typeof readHandMarks>) {
  return [
    { name: 'marks.csv', content: marksTable(marks), mark: /^student,assignment,score,/ },
    {
      name: 'checks.csv',
      content: checksTable(marks),
      mark: /^student,assignment,question,points,max_points,/,
    },
    {
      name: 'written-answers.csv',
      content: handMarksTable(marks, hand),
      mark: /^\ufeff?"?student"?[,;\t]"?assignment"?[,;\t]"?question"?[,;\t]/,
    },
  ];
}

function said(mark: SubmissionMark): string {
  const toMark = pointsToMark(mark);
  const notes = mark.notes.length > 0 ? `: ${mark.notes.join('; ')}` : '';
  const hand = toMark > 0 ? `, ${toMark} to mark by hand` : '';
  return `${mark.student}, ${mark.assignment || mark.path}: ${pointsSoFar(mark)} of ${mark.maxPoints}${hand}${notes}`;
}
