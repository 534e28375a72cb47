import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { handMarksTable, readHandMarks, withHandMarks } from '../../src/course/hand-marks.js';
import type { SubmissionMark } from '../../src/course/marks.js';
import { temporaryFolder } from '../picture-folder.js';

const written = (student: string, answer: string): SubmissionMark => ({
  student,
  assignment: '01',
  title: 'One',
  path: `${student}.ipynb`,
  questions: [{ question: 'why', points: null, maxPoints: 4, checks: [], answer, note: '' }],
  maxPoints: 4,
  notes: [],
});

function read(text: string) {
  const path = join(temporaryFolder(), 'written-answers.csv');
  writeFileSync(path, text);
  return readHandMarks(path);
}

describe('points that a person wrote into the table', () => {
  it('come back for names and comments that a spreadsheet would take for formulas', () => {
    const marks = [written('@anna', '=1+1'), written('-ben', '+ and −')];
    const table = handMarksTable(marks, new Map()).replace(',why,,4,,', ',why,3,4,- good,');
    const again = read(table);
    expect(withHandMarks(marks[0], again).questions[0]).toMatchObject({ points: 3, note: '- good' });
    expect(handMarksTable(marks, again)).toBe(table.replace(',- good,', `,"'- good",`));
  });

  it('are kept for submissions that are not graded this time', () => {
    const table = handMarksTable([written('anna', 'since')], new Map()).replace(',why,,', ',why,2,');
    const late = handMarksTable([written('zoe', 'for')], read(table));
    expect(late.split('\n').slice(1, 3)).toEqual(['zoe,01,why,,4,,for', 'anna,01,why,2,4,,since']);
  });
});
