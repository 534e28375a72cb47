import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'papaparse';
import { beforeAll, describe, expect, it } from 'vitest';
import { runKit } from '../cli/run-kit.js';
import { temporaryFolder } from '../picture-folder.js';
import { ASSIGNMENT, classOfTwelve, writeClass } from './class-of-twelve.js';

const folder = temporaryFolder();
const [masters, coursework, submissions, out] = ['masters', 'coursework', 'submissions', 'marks'].map(
  (name) => join(folder, name),
);
const master = resolve('notebooks', 'course', `${ASSIGNMENT}.ipynb`);

/** With limits that a slow machine holds, too: they count processor time. */
function grade(from: string, to: string) {
  const limits = ['--cell-seconds', '3', '--memory-megabytes', '768', '--workers', '2'];
  return runKit(['course', 'grade', from, '--masters', masters, '--out', to, ...limits]);
}

const table = (file: string) =>
  parse<Record<string, string>>(readFileSync(file, 'utf8'), { header: true, skipEmptyLines: true }).data;

function filesOf(at: string): Record<string, string> {
  const files = readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(at.length), createHash('sha256').update(readFileSync(path)).digest('hex')];
    }),
  );
}

beforeAll(() => {
  mkdirSync(masters);
  cpSync(master, join(masters, `${ASSIGNMENT}.ipynb`));
  expect(runKit(['course', 'release', '--masters', masters, '--out', coursework]).status).toBe(0);
});

describe('a class of twelve, graded', () => {
  let marks: Record<string, Record<string, string>>;
  let other: string;
  let before: Record<string, string>;

  beforeAll(() => {
    other = join(submissions, 'right', `${ASSIGNMENT}.ipynb`);
    writeClass(submissions, classOfTwelve(join(coursework, `${ASSIGNMENT}.ipynb`), master, other));
    before = filesOf(submissions);
    const { status, stderr } = grade(submissions, out);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(0);
    marks = Object.fromEntries(table(join(out, 'marks.csv')).map((row) => [row.student, row]));
  }, 600_000);

  it('gives each its marks, and none stops another', () => {
    const scores = Object.entries(marks).map(([student, { score, max_score, to_mark_by_hand }]) => [
      student,
      Number(score),
      Number(max_score),
      Number(to_mark_by_hand),
    ]);
    expect(scores).toEqual([
      ['cheat-edits-tests', 0, 12, 0],
      // What the patched functions still answer, where it happens to be right.
      ['cheat-files', 0.5, 12, 0],
      ['cheat-forges', 0.5, 12, 0],
      ['cheat-patches', 0, 12, 0],
      ['crashing', 5, 12, 0],
      ['looping', 5, 12, 0],
      ['missing-cells', 5, 12, 0],
      ['partly', 4.7, 12, 0],
      ['renamed', 8, 12, 0],
      ['right', 8, 12, 4],
      ['untouched', 0, 12, 0],
      ['wrong-encoding', 8, 12, 0],
    ]);
  });

  it('says of each what was noticed', () => {
    const note = (student: string) => marks[student].notes;
    expect(note('right')).toBe('');
    expect(note('untouched')).toBe('nothing was answered');
    expect(note('looping')).toContain('costs: took too long: 3 seconds of processor time');
    expect(note('crashing')).toMatch(/^borderline: .*memory/);
    for (const id of ['given', 'radius-test', 'costs-test', 'borderline-test'])
      expect(note('cheat-edits-tests')).toContain(`${id} was changed: put back`);
    expect(note('cheat-forges')).toContain('radius: ended the process with exit code 0');
    expect(note('cheat-files')).not.toContain('worked');
    expect(note('missing-cells')).toBe(
      'given is missing: put back; costs is missing; borderline-test is missing: put back',
    );
    expect(note('renamed')).toContain(
      'the file is called homework (2) final.ipynb; taken for 01-the-radius-of-the-disc',
    );
    expect(note('wrong-encoding')).toBe('is UTF-16, not UTF-8; read as such');
  });

  it('leaves the submissions as they were', () => {
    expect(filesOf(submissions)).toEqual(before);
  });

  it('writes a page for each student that names neither hidden values nor this machine', () => {
    for (const student of Object.keys(marks)) {
      const page = readFileSync(join(out, 'feedback', student, `${ASSIGNMENT}.html`), 'utf8');
      expect(page).toContain(`${student}: <strong>${marks[student].score}</strong> of 12 points`);
      expect(page).not.toContain(folder);
      expect(page).not.toContain(resolve('.'));
    }
    const partly = readFileSync(join(out, 'feedback', 'partly', `${ASSIGNMENT}.html`), 'utf8');
    expect(partly).toMatch(/✗ the smaller the angle, the larger the disc: got 1, expected 1\.73/);
    expect(partly).toContain('✗ other r and α, below 45° <small>(hidden check)</small>');
  });

  it("writes Gradescope's results: visible checks visible, hidden ones after they are published, no times", () => {
    const results = JSON.parse(
      readFileSync(join(out, 'gradescope', 'partly', ASSIGNMENT, 'results.json'), 'utf8'),
    );
    expect(results.score).toBe(4.7);
    expect(results.execution_time).toBeUndefined();
    expect(results.tests[0]).toEqual({
      name: 'radius-test: at 45° the radius is r',
      number: '1.1',
      score: 0.5,
      max_score: 0.5,
      status: 'passed',
      output: '',
      visibility: 'visible',
    });
    const visibilities = results.tests.map(({ visibility }: { visibility: string }) => visibility);
    expect(new Set(visibilities)).toEqual(new Set(['visible', 'after_published']));
  });

  it('gives the same bytes again, and takes the points that a person wrote into the table', () => {
    const [few, again] = [join(folder, 'few'), join(folder, 'again')];
    for (const student of ['right', 'cheat-forges', 'looping', 'crashing'])
      cpSync(join(submissions, student), join(few, student), { recursive: true });
    mkdirSync(again);
    writeFileSync(
      join(again, 'written-answers.csv'),
      `student,assignment,question,points,out of,comment\nright,${ASSIGNMENT},derivation,3,4,one reason is missing\n`,
    );
    expect(grade(few, again).status).toBe(0);
    const [first, second] = [filesOf(out), filesOf(again)];
    for (const path of [
      `/feedback/cheat-forges/${ASSIGNMENT}.html`,
      `/feedback/looping/${ASSIGNMENT}.html`,
      `/gradescope/crashing/${ASSIGNMENT}/results.json`,
      `/gradescope/right/${ASSIGNMENT}/results.json`,
    ])
      expect(second[path]).toBe(first[path]);
    const row = (at: string, file: string) =>
      table(join(at, file)).find(({ student }) => student === 'right');
    expect(row(out, 'marks.csv')).toMatchObject({ score: '8', to_mark_by_hand: '4' });
    expect(row(again, 'marks.csv')).toMatchObject({ score: '11', to_mark_by_hand: '0' });
    expect(row(again, 'written-answers.csv')).toMatchObject({
      points: '3',
      comment: 'one reason is missing',
    });
  }, 600_000);
});
