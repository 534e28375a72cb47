import { type Answer, AnswerKey } from './answer-key.js';
import type { Assignment } from './assignment.js';
import type { FoundSubmission } from './find-submissions.js';
import { type GradingBox, makeGradingBox } from './grading-box.js';
import type { Limits } from './isolated-notebook.js';
import { markQuestions, type QuestionMark, type SubmissionMark, untouchedNote } from './marks.js';
import { restoreSubmission } from './restore-submission.js';
import { runSubmission } from './run-submission.js';

export interface GradeOptions {
  readonly limits: Limits;
  /** Submissions side by side. */
  readonly workers: number;
  /** Called as each is done. */
  onMark?(mark: SubmissionMark): void;
}

/**
 * Grades every submission: each in a process of its own, its answers judged beside the master. The marks come in the order of the
 * submissions and depend on nothing else that runs.
 *
 * @throws KitError where a master fails its own checks
 */
export async function gradeSubmissions(
  submissions: readonly FoundSubmission[],
  options: GradeOptions,
): Promise<SubmissionMark[]> {
  const box = makeGradingBox(options.limits.memoryMegabytes / 2);
  const marks = new Map<FoundSubmission, SubmissionMark>();
  const done = (submission: FoundSubmission, mark: SubmissionMark) => {
    marks.set(submission, mark);
    options.onMark?.(mark);
  };
  try {
    for (const [assignment, files] of byAssignment(submissions)) {
      const [toRun, others] = [files.filter(isToRun), files.filter((file) => !isToRun(file))];
      for (const file of others) done(file, unrunMark(file));
      if (assignment === undefined || toRun.length === 0) continue;
      const key = await AnswerKey.make(assignment, box);
      try {
        const queue = [...toRun];
        const lane = async () => {
          for (let next = queue.shift(); next !== undefined; next = queue.shift())
            done(next, await gradeOne(next, assignment, { key, box, limits: options.limits }));
        };
        await Promise.all(Array.from({ length: Math.max(1, options.workers) }, lane));
      } finally {
        await key.close();
      }
    }
  } finally {
    box.remove();
  }
  return submissions.map((submission) => marks.get(submission)!);
}

function byAssignment(submissions: readonly FoundSubmission[]) {
  const groups = new Map<Assignment | undefined, FoundSubmission[]>();
  for (const submission of submissions)
    groups.set(submission.assignment, [...(groups.get(submission.assignment) ?? []), submission]);
  return groups;
}

const isToRun = ({ assignment, file }: FoundSubmission) =>
  assignment !== undefined && file.unreadable === undefined;

/** Of a file in which nothing can be run: 0 points, and why. */
function unrunMark(submission: FoundSubmission): SubmissionMark {
  const { assignment, file } = submission;
  const questions = assignment === undefined ? [] : markQuestions(assignment, null);
  const why = file.unreadable ?? 'is none of the assignments: neither its name nor its cells are known';
  return markOf(submission, questions, [why]);
}

async function gradeOne(
  submission: FoundSubmission,
  assignment: Assignment,
  { key, box, limits }: { readonly key: AnswerKey; readonly box: GradingBox; readonly limits: Limits },
): Promise<SubmissionMark> {
  const restored = restoreSubmission(assignment, submission.file);
  const run = await runSubmission(restored.parts, box, limits);
  const answers = key.checks.flatMap(({ name }): Answer[] => {
    const report = run.reports.get(name);
    return report === undefined || report.error !== undefined ? [] : [{ name, value: report.value }];
  });
  const verdicts = await key.judge(answers);
  const questions = markQuestions(assignment, { restored, run, checks: key.checks, verdicts });
  const asked = new Set(questions.map(({ question }) => question));
  const errors = [...run.errors]
    .filter(([label]) => !asked.has(label) && !restored.untouched.has(label))
    .map(([label, error]) => `${label}: ${error}`);
  return markOf(submission, questions, [
    ...restored.notes,
    ...untouchedNote(assignment, restored.untouched),
    ...run.notes,
    ...errors,
  ]);
}

function markOf(
  { student, path, assignment, file, notes }: FoundSubmission,
  questions: readonly QuestionMark[],
  more: readonly string[],
): SubmissionMark {
  return {
    student,
    assignment: assignment?.name ?? '',
    title: assignment?.title ?? '',
    path,
    questions,
    maxPoints: questions.reduce((sum, { maxPoints }) => sum + maxPoints, 0),
    notes: [...notes, ...file.notes, ...more],
  };
}
