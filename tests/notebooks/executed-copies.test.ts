import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executedNotebook } from '../../src/lab/executed-notebook.js';

const folder = 'results/notebooks';
const notebooks = readdirSync('notebooks').filter((file) => file.endsWith('.ipynb'));
/** An appendix makes a record, for hours, and shows little. */
const lessons = notebooks.filter((file) => !file.startsWith('appendix'));

describe.each(lessons)(`${folder}/%s`, (file) => {
  const executed = executedNotebook(join('notebooks', file), folder);

  it('is an execution of the notebook as it is; `npm run lab` makes it anew', () => {
    expect(executed).toBeDefined();
  });

  it('ran to its end without an error', () => {
    const code = executed?.cells.filter(({ cell_type }) => cell_type === 'code') ?? [];
    expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, i) => i + 1));
    for (const { outputs } of code)
      for (const output of outputs ?? []) expect(output.output_type).not.toBe('error');
  });

  it('ran on the engine that a clone has, without a word of another', () => {
    const said = executed?.cells.flatMap(({ outputs }) => outputs ?? []) ?? [];
    expect(JSON.stringify(said)).not.toMatch(
      /tensorflow-(cpu|gpu), \d+ thread|webgpu, \d+ thread|artificially reduced/,
    );
  });

  it('says no times, so that the same notebook gives the same bytes, and is small', () => {
    expect(JSON.stringify(executed)).not.toMatch(/"text\/plain": ?"[^"]*, \d+ s"/);
    expect(statSync(join(folder, file)).size).toBeLessThan(2_500_000);
  });
});

it('keeps no copy of a notebook that is not there', () => {
  const kept = execFileSync('git', ['ls-files', folder], { encoding: 'utf8' }).trim().split('\n');
  expect(kept.filter((path) => !notebooks.includes(basename(path)))).toEqual([]);
});
