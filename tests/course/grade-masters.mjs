// Every master as a submission of its own must score full marks, and as it is released 0. `npm run course:masters [-- part of a name]`;
// some ten seconds of processor time an assignment. Needs a build.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [wanted = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'course-masters-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const [masters, submissions, out] = ['masters', 'submissions', 'marks'].map((name) => join(folder, name));
for (const path of [masters, join(submissions, 'master')]) mkdirSync(path, { recursive: true });
const names = readdirSync('notebooks/course').filter((name) => name.endsWith('.ipynb') && name.includes(wanted));
for (const name of names)
  for (const to of [masters, join(submissions, 'master')]) cpSync(join('notebooks/course', name), join(to, name));

const kit = (...args) => {
  const { status } = spawnSync(process.execPath, ['dist/cli/main.js', 'course', ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
};
kit('release', '--masters', masters, '--out', join(submissions, 'untouched'));
kit('grade', submissions, '--masters', masters, '--out', out);

const rows = readFileSync(join(out, 'marks.csv'), 'utf8').trim().split('\n').slice(1).map((line) => line.split(','));
const wrong = rows.filter(([student, , score, most]) => score !== (student === 'master' ? most : '0'));
for (const [student, assignment, score, most] of wrong) console.error(`${student}, ${assignment}: ${score} of ${most}`);
if (wrong.length > 0 || rows.length !== 2 * names.length) process.exit(1);
console.log(`${names.length} masters score full marks, and untouched 0.`);
