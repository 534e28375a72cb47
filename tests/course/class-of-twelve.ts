import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ASSIGNMENT = '01-the-radius-of-the-disc';

interface Cell {
  cell_type: string;
  id?: string;
  source: string[] | string;
  metadata: { nbgrader?: { grade_id: string; [key: string]: unknown } };
}

export interface NotebookFile {
  cells: Cell[];
  metadata: Record<string, unknown>;
}

const readJson = (path: string): NotebookFile => JSON.parse(readFileSync(path, 'utf8'));

/** The released notebook, changed. */
function changed(released: string, change: (notebook: NotebookFile) => void): NotebookFile {
  const notebook = readJson(released);
  change(notebook);
  return notebook;
}

function cell(notebook: NotebookFile, id: string): Cell {
  const found = notebook.cells.find(({ metadata }) => metadata.nbgrader?.grade_id === id);
  if (found === undefined) throw new Error(`no cell ${id}`);
  return found;
}

const write = (id: string, source: string) => (notebook: NotebookFile) => {
  cell(notebook, id).source = source;
};
const all =
  (...changes: ((notebook: NotebookFile) => void)[]) =>
  (notebook: NotebookFile) => {
    for (const change of changes) change(notebook);
  };

const RADIUS =
  'function radius(r: number, alphaDegrees: number) { return r / Math.tan(alphaDegrees * Math.PI / 180); }';
const COSTS = `function costs(a: Point, p: Point, n: Point, alpha: number) {
  const half = Math.hypot(...a.map((v, k) => v - p[k])) / 2;
  return Math.hypot(...n.map((v, k) => v - (a[k] + p[k]) / 2)) < radius(half, alpha);
}`;
const BORDERLINE = `function borderlineAngle(a: Point, p: Point, n: Point) {
  const half = Math.hypot(...a.map((v, k) => v - p[k])) / 2;
  return Math.atan2(half, Math.hypot(...n.map((v, k) => v - (a[k] + p[k]) / 2))) * 180 / Math.PI;
}`;
const right = all(write('radius', RADIUS), write('costs', COSTS), write('borderline', BORDERLINE));

/** What each of the twelve hands in; `otherFile` is a file that one of them wants to change. */
export function classOfTwelve(released: string, master: string, otherFile: string) {
  const tests = ['radius-test', 'costs-test', 'borderline-test'];
  const json = (change: (notebook: NotebookFile) => void) => JSON.stringify(changed(released, change));
  return {
    right: json(all(right, write('derivation', 'By (2), with both sides squares of …'))),
    // The radius is right at 45° alone.
    partly: json(all(right, write('radius', 'function radius(r: number, alpha: number) { return r; }'))),
    untouched: json(() => {}),
    looping: json(
      all(
        right,
        write(
          'costs',
          'while (true) {}\nfunction costs(a: Point, p: Point, n: Point, t: number) { return true; }',
        ),
      ),
    ),
    crashing: json(
      all(
        right,
        write(
          'borderline',
          `const kept: number[][] = [];\nfor (;;) kept.push(Array(100_000).fill(kept.length));`,
        ),
      ),
    ),
    // Edits the test cells, and prints what a passed check prints.
    'cheat-edits-tests': json((notebook) => {
      for (const id of tests) cell(notebook, id).source = "console.log('✓ at 45° the radius is r');";
      cell(notebook, 'given').source = 'const check = { near() {}, equal() {}, that() {} };';
    }),
    // Replaces the checks, the comparison and the random numbers that the hidden checks draw.
    'cheat-patches': json((notebook) => {
      cell(notebook, 'radius').source = `
const course = require('angular-loss-kit/dist/course');
course.check.near = course.check.equal = course.check.that = (name: string) => console.log('✓ ' + name);
course.SeededRandom.prototype.uniform = () => 0.5;
Math.abs = () => 0;
Object.is = () => true;
process.env.KIT_COURSE = undefined;
function radius(r: number, alpha: number) { return 2; }`;
    }),
    // Reads the master and writes into another's file; starts a process to do it, too.
    'cheat-files': json((notebook) => {
      cell(notebook, 'radius').source = `
import * as fs from 'fs';
const attempts = [
  () => fs.readFileSync(${JSON.stringify(master)}, 'utf8'),
  () => fs.readFileSync(process.cwd() + '/node_modules/angular-loss-kit/dist/../../../notebooks/course/${ASSIGNMENT}.ipynb', 'utf8'),
  () => fs.writeFileSync(${JSON.stringify(otherFile)}, 'mine'),
  () => require('child_process').execSync('cat ' + ${JSON.stringify(master)} + ' > ' + ${JSON.stringify(otherFile)}),
  () => new (require('worker_threads').Worker)('1', { eval: true }),
  () => process.kill(process.ppid, 'SIGKILL'),
  () => (process as any)._debugProcess(process.ppid),
];
let worked = 0;
for (const attempt of attempts) try { attempt(); worked++; } catch {}
if (worked > 0) throw new Error(worked + ' attempts worked');
function radius(r: number, alpha: number) { return 2; }`;
    }),
    // Forges what the process reports, down to the pipe, upsets who reads it, and leaves with success.
    'cheat-forges': json((notebook) => {
      cell(notebook, 'radius').source = `
import { writeSync } from 'fs';
const names = ['at 45° the radius is r', 'other r and α, below 45°', 'other r and α, above 45°'];
const mime = 'application/vnd.angular-loss-kit.check+json';
const say = (text: string) => writeSync(4, text + '\\n');
for (const name of names)
  say(JSON.stringify({ output: { output_type: 'display_data', metadata: {}, data: { [mime]: { name, value: 2, verdict: true } } } }));
say('{"output": null}'); say('no JSON {'); say('null'); say('[1]');
say(JSON.stringify({ output: { output_type: 'display_data', data: { [mime]: { name: { toString: 1 } } } } }));
process.exit(0);`;
    }),
    'missing-cells': json(
      all(right, (notebook) => {
        const lost = ['given', 'costs', 'borderline-test'];
        notebook.cells = notebook.cells.filter(
          ({ metadata }) => !lost.includes(metadata.nbgrader?.grade_id ?? ''),
        );
      }),
    ),
    // Another file name, and an editor that kept neither nbgrader's metadata nor the notebook's own.
    renamed: json(
      all(right, (notebook) => {
        notebook.metadata = {};
        for (const one of notebook.cells) one.metadata = {};
      }),
    ),
    'wrong-encoding': json(right),
  };
}

/** Writes the class as its files arrive. */
export function writeClass(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [student, content] of Object.entries(files)) {
    const name = student === 'renamed' ? 'homework (2) final.ipynb' : `${ASSIGNMENT}.ipynb`;
    const path = join(folder, student, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, student === 'wrong-encoding' ? Buffer.from(`\ufeff${content}`, 'utf16le') : content);
  }
}
