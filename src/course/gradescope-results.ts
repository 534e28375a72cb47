import { pointsSoFar, type QuestionMark, rounded, type SubmissionMark } from './marks.js';

/**
 * A submission's marks as Gradescope's autograder hands them over (`results.json`): visible checks are `visible`, hidden ones
 * `after_published`; written answers aren't in it, since they are marked there or by hand. No times, so that it can be made again.
 */
export function gradescopeResults(mark: SubmissionMark): object {
  const tests = mark.questions.filter(({ answer }) => answer === undefined);
  return {
    score: pointsSoFar({ ...mark, questions: tests }),
    output: mark.notes.join('\n'),
    visibility: 'visible',
    stdout_visibility: 'hidden',
    tests: tests.flatMap((question, i) => testsOf(question, i + 1)),
  };
}

function testsOf({ question, points, maxPoints, checks, note }: QuestionMark, number: number): object[] {
  if (checks.length === 0) {
    const status = points === maxPoints ? 'passed' : 'failed';
    return [
      {
        name: question,
        number: String(number),
        score: points,
        max_score: maxPoints,
        status,
        output: note,
        visibility: 'visible',
      },
    ];
  }
  const share = maxPoints / checks.length;
  return checks.map(({ name, hidden, passed, message }, i) => ({
    name: `${question}: ${name}`,
    number: `${number}.${i + 1}`,
    score: passed ? rounded(share) : 0,
    max_score: rounded(share),
    status: passed ? 'passed' : 'failed',
    output: hidden ? '' : message || note,
    visibility: hidden ? 'after_published' : 'visible',
  }));
}
