import { escapedText } from '../report/escaped-text.js';
import { htmlPage } from '../report/html-page.js';
import { pointsSoFar, pointsToMark, type QuestionMark, type SubmissionMark } from './marks.js';

/** What a student gets back: points by question, each check with what is wrong, what was noticed about the file. */
export function feedbackPage(mark: SubmissionMark): string {
  const toMark = pointsToMark(mark);
  const lead = `<p class="lead">${escapedText(mark.student)}: <strong>${pointsSoFar(mark)}</strong> of ${mark.maxPoints} points${
    toMark > 0 ? `; ${toMark} of these are still to be marked by hand` : ''
  }.</p>`;
  const notes = mark.notes.map((note) => `<li>${escapedText(note)}</li>`);
  const noticed = notes.length > 0 ? `<h2>About the file</h2><ul>${notes.join('')}</ul>` : '';
  return htmlPage(mark.title || mark.path, [lead, noticed, ...mark.questions.map(questionPart)].join('\n'));
}

function questionPart({ question, points, maxPoints, checks, answer, note }: QuestionMark): string {
  const given = points === null ? `to be marked, of ${maxPoints}` : `${points} of ${maxPoints}`;
  const lines = checks.map(({ name, hidden, passed, message }) => {
    const why = passed ? '' : hidden ? ' <small>(hidden check)</small>' : `: ${escapedText(message)}`;
    return `<li>${passed ? '✓' : '✗'} ${escapedText(name)}${why}</li>`;
  });
  return [
    `<h3>${escapedText(question)}: ${given}</h3>`,
    note === '' ? '' : `<p class="note">${escapedText(note)}</p>`,
    lines.length > 0 ? `<ul>${lines.join('')}</ul>` : '',
    answer ? `<pre>${escapedText(answer)}</pre>` : '',
  ].join('\n');
}
