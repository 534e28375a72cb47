import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answersOnly } from '../../src/course/answers-only.js';
import { pointsOf, readAssignments, runnableParts } from '../../src/course/assignment.js';
import { cellChecksum, roleOf } from '../../src/course/assignment-cell.js';
import { withoutHiddenTests } from '../../src/course/regions.js';
import { releasedNotebook } from '../../src/course/release.js';
import { sourceOf } from '../../src/lab/notebook-file.js';

const folder = join('notebooks', 'course');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const masters = readAssignments(folder);

it('there are eight assignments or more, and the page for teachers links each with its points', () => {
  expect(masters.length).toBeGreaterThanOrEqual(8);
  for (const assignment of masters) {
    const { automatic, written } = pointsOf(assignment);
    const line = readme.split('\n').find((one) => one.includes(`(${assignment.name}.ipynb)`));
    expect(line, assignment.name).toContain(`| ${automatic} + ${written} |`);
  }
  for (const [, target] of readme.matchAll(/\]\(([^)]+)\)/g))
    expect(existsSync(resolve(folder, target)), target).toBe(true);
});

describe.each(masters)('the master $name', (assignment) => {
  const code = assignment.cells.filter(({ cell_type }) => cell_type === 'code');

  it('has lines of 110 characters at most and is kept without outputs', () => {
    for (const cell of code) {
      expect(cell.outputs).toEqual([]);
      for (const line of sourceOf(cell).split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
    }
  });

  it('says what comes before, how long it takes and the points there are', () => {
    const first = sourceOf(assignment.cells[0]);
    const { automatic, written } = pointsOf(assignment);
    expect(first).toMatch(/\*\*Before:\*\* .*\*\*Time:\*\* /);
    expect(first).toContain(`**Points:** ${automatic + written}, of which ${written} are for a written`);
  });

  it('is released without solutions and hidden tests, its cells sealed', () => {
    const released = releasedNotebook(assignment);
    const text = JSON.stringify(released);
    expect(text).not.toMatch(/BEGIN|HIDDEN|Marking/);
    expect(text.match(/YOUR CODE HERE|YOUR ANSWER HERE/g)?.length).toBeGreaterThanOrEqual(2);
    for (const cell of released.cells as typeof assignment.cells)
      if (roleOf(cell) !== 'plain') expect(cell.metadata?.nbgrader?.checksum).toBe(cellChecksum(cell));
  });

  it('has hidden tests for each test cell, and nothing that is expected is left beside a submission', () => {
    for (const cell of code.filter((one) => roleOf(one) === 'test')) {
      const parts = runnableParts(cell);
      expect(new Set(parts.map(({ hidden }) => hidden))).toEqual(new Set([false, true]));
      for (const { source } of parts.filter((part) => part.source.includes('check.'))) {
        const calls = answersOnly(source);
        expect(calls.match(/check\.\w+\(/g)?.length).toBe(source.match(/check\.\w+\(/g)?.length);
        expect(answersOnly(calls)).toBe(calls);
        expect(calls.length).toBeLessThan(source.length);
      }
    }
  });
});

it('what is expected can not be a variable, which would travel into the process of a submission', () => {
  expect(() => answersOnly("const wanted = 3;\ncheck.near('three', () => f(), wanted);")).toThrow(
    /what is expected must be written inside the call.*wanted/,
  );
  expect(answersOnly("check.near('three', () => f({ a: [1, (2)] }), 1 + g(2), 1e-3); // 3")).toBe(
    "check.near('three', () => f({ a: [1, (2)] })); // 3",
  );
});

it('a region that ends without having begun is refused, for what it was to hide would be released', () => {
  const source = '// ### BEGIN HIDDEN TEST\ncheck(1);\n// ### END HIDDEN TESTS';
  expect(() => withoutHiddenTests(source)).toThrow(/A region ends that never began/);
});
