// Puts the faults of mutants.mjs into a copy of the kit, one at a time, and runs the tests of losses and mining there: every mutant
// must turn a test red. `npm run mutants [part of a name]`; a few seconds a mutant.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MUTANTS, mutatedSource } from './mutants.mjs';

const NOTHING_RAN = 'the tests do not run';
const vitest = resolve('node_modules/vitest/vitest.mjs');
const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const part of ['src', 'tests', 'package.json', 'tsconfig.json', 'vitest.config.ts']) cpSync(part, join(folder, part), { recursive: true });
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));

/** The test that turned red first, or undefined. */
function firstRed() {
  const run = spawnSync(process.execPath, [vitest, 'run', 'tests/losses', 'tests/mining', '--reporter=json', '--bail=1'], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const report = JSON.parse(run.stdout.slice(run.stdout.indexOf('{"numTotalTestSuites"')));
  const failed = report.testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName));
  return failed[0] ?? (report.success ? undefined : NOTHING_RAN);
}

const unmutated = firstRed();
if (unmutated !== undefined) throw new Error(`A test is red without a mutant: ${unmutated}`);
const chosen = MUTANTS.filter(([name]) => name.includes(process.argv[2] ?? ''));
for (const [name, edits] of chosen) for (const edit of edits) mutatedSource(name, edit);
const unexpected = [];
for (const [name, edits, whyNoTestCan] of chosen) {
  const sources = new Map();
  for (const edit of edits) {
    const path = join(folder, edit[0]);
    const source = readFileSync(path, 'utf8');
    if (!sources.has(path)) sources.set(path, source);
    writeFileSync(path, mutatedSource(name, edit, source));
  }
  const red = firstRed();
  for (const [path, source] of sources) writeFileSync(path, source);
  // A mutant that does not compile has shown nothing.
  if (red === NOTHING_RAN || (red === undefined) !== (whyNoTestCan !== undefined)) unexpected.push(name);
  console.log(`${red === undefined ? 'SURVIVED' : 'caught  '}  ${name}\n          ${red ?? whyNoTestCan ?? 'no test sees it'}`);
}
console.log(`${chosen.length} mutants, ${unexpected.length} not as expected${unexpected.length > 0 ? `: ${unexpected.join('; ')}` : ''}.`);
process.exit(unexpected.length > 0 ? 1 : 0);
