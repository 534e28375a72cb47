// Puts wrong formulas into the proof cells of notebooks, one at a time: every mutant must make its notebook fail, by an error that a
// cell throws. `npm run mutants:notebooks [-- part of a name]`; some ten seconds a mutant. Needs a build.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mutatedNotebook, NOTEBOOK_MUTANTS } from './notebook-mutants.mjs';

const { runNotebook } = createRequire(import.meta.url)(resolve('dist/lab/notebook-runner.js'));

const folder = mkdtempSync(join(tmpdir(), 'notebook-mutants-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'notebooks'));
cpSync('notebooks/exhibits', join(folder, 'notebooks', 'exhibits'), { recursive: true });
for (const shared of ['node_modules', 'results']) symlinkSync(resolve(shared), join(folder, shared));

/** What the notebook failed with, or undefined. */
async function failureOf(notebook) {
  const path = join(folder, 'notebooks', 'mutant.ipynb');
  writeFileSync(path, notebook);
  try {
    await runNotebook(path, { outputPath: join(folder, 'executed.ipynb') });
    return undefined;
  } catch (error) {
    return error.message.split('\n')[0].replace(/^.*mutant\.ipynb, /, '');
  }
}

const chosen = NOTEBOOK_MUTANTS.filter(([number, id, name]) => `${number} ${id} ${name}`.includes(process.argv[2] ?? ''));
const notebooks = chosen.map(([number, id, , find, replacement]) => mutatedNotebook(number, id, find, replacement));
const survived = [];
for (const [i, [number, id, name]] of chosen.entries()) {
  const failure = await failureOf(notebooks[i]);
  // A mutant that does not compile has shown nothing.
  const caught = failure !== undefined && /^code cell \d+: Error: /.test(failure);
  if (!caught) survived.push(`${number} ${name}`);
  console.log(`${caught ? 'caught  ' : 'SURVIVED'}  notebook ${number}, ${id}: ${name}\n          ${failure ?? 'runs to its end'}`);
}
console.log(`${chosen.length} mutants of notebooks, ${survived.length} survived${survived.length > 0 ? `: ${survived.join('; ')}` : ''}.`);
process.exit(survived.length > 0 ? 1 : 0);
