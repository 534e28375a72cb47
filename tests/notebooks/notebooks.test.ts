import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { runKit } from '../cli/run-kit.js';
import { temporaryFolder } from '../picture-folder.js';

interface Cell {
  readonly cell_type: string;
  readonly source: string[];
  readonly outputs?: { output_type: string; text?: string; ename?: string; evalue?: string; data?: object }[];
  readonly execution_count?: number | null;
}

type Runner = typeof import('../../src/lab/notebook-runner.js');

const folder = 'notebooks';
const notebooks = readdirSync(folder).filter((file) => file.endsWith('.ipynb'));
const cellsOf = (path: string): Cell[] => JSON.parse(readFileSync(path, 'utf8')).cells;

describe.each(notebooks)('notebooks/%s', (file) => {
  const cells = cellsOf(join(folder, file));

  it('is kept without outputs', () => {
    for (const cell of cells.filter(({ cell_type }) => cell_type === 'code')) {
      expect(cell.outputs).toEqual([]);
      expect(cell.execution_count).toBeNull();
    }
  });

  it('begins with prose and has no cell of more than 25 lines of code', () => {
    expect(cells[0].cell_type).toBe('markdown');
    for (const cell of cells.filter(({ cell_type }) => cell_type === 'code'))
      expect(cell.source.length).toBeLessThanOrEqual(25);
  });

  it('has the shape of a lesson: what comes before and after, exercises, summary, references, where it lives', () => {
    if (file.startsWith('appendix')) return;
    const prose = cells
      .filter(({ cell_type }) => cell_type === 'markdown')
      .map(({ source }) => source.join(''));
    for (const part of ['**Question.**', '**Before:**', '**Afterwards you can:**', '**Time:**'])
      expect(prose[0]).toContain(part);
    expect(prose.map((text) => text.split('\n')[0]).slice(-5)).toEqual([
      '## Exercises',
      '<details>',
      '## Summary',
      '## References',
      '## Where it lives',
    ]);
  });

  it('answers every exercise, folded away directly below', () => {
    if (file.startsWith('appendix')) return;
    const texts = cells.map(({ source }) => source.join(''));
    const at = texts.findIndex((text) => text.startsWith('## Exercises\n'));
    const [exercises, answers] = texts.slice(at, at + 2);
    expect(answers).toMatch(/^<details>\n<summary><b>Answers<\/b> \(try first\)<\/summary>\n\n1\. /);
    expect(answers).toMatch(/\n\n<\/details>$/);
    const numbered = (text: string) => [...text.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbered(exercises)).toEqual(numbered(exercises).map((_, i) => i + 1));
    expect(numbered(answers)).toEqual(numbered(exercises));
  });

  it('links only to what is there', () => {
    const prose = cells
      .filter(({ cell_type }) => cell_type === 'markdown')
      .map(({ source }) => source.join(''));
    for (const [, target] of prose.join('\n').matchAll(/\]\(([^)]+)\)/g))
      if (!target.startsWith('http')) expect(existsSync(resolve(folder, target)), target).toBe(true);
  });

  it('has lines of code of 110 characters at most', () => {
    for (const { source } of cells.filter(({ cell_type }) => cell_type === 'code'))
      for (const line of source) expect(line.trimEnd().length, line).toBeLessThanOrEqual(110);
  });

  it('breaks no text within a template over lines, where the break would be part of the text', () => {
    for (const { source } of cells.filter(({ cell_type }) => cell_type === 'code')) {
      const file = ts.createSourceFile('cell.ts', source.join(''), ts.ScriptTarget.Latest, true);
      const visit = (node: ts.Node): void => {
        if (ts.isTemplateLiteralToken(node)) expect(node.getText(file)).not.toContain('\n');
        ts.forEachChild(node, visit);
      };
      visit(file);
    }
  });

  it('imports only what is there, packages by name, and names that it exports', async () => {
    const code = cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => source.join(''));
    const imports = code.join('\n').matchAll(/import (?:\{([^}]*)\}|\* as \w+) from '([^']+)'/g);
    for (const [, names = '', from] of imports) {
      const module: object = from.startsWith('.')
        ? await import(resolve(folder, `${from}.ts`))
        : require(from);
      for (const name of names.split(',').map((part) => part.trim().split(' as ')[0]))
        if (name !== '' && !name.startsWith('type ')) expect(Object.keys(module)).toContain(name);
    }
  });
});

describe('kit lab', () => {
  /** The notebook lies in `below`, its packages above it. */
  function notebookOf(sources: string[], below = '.'): string {
    const own = temporaryFolder();
    symlinkSync(resolve('node_modules'), join(own, 'node_modules'));
    mkdirSync(join(own, below), { recursive: true });
    const path = join(own, below, 'made-up.ipynb');
    const cells = sources.map((source) => ({
      cell_type: 'code',
      source,
      outputs: [],
      execution_count: null,
      metadata: {},
    }));
    writeFileSync(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
    return path;
  }

  function run(sources: string[], below?: string) {
    const results = temporaryFolder();
    const { status, stderr } = runKit(['lab', notebookOf(sources, below), '--results', results]);
    return { status, stderr, cells: cellsOf(join(results, 'notebooks', 'made-up.ipynb')) };
  }

  it('runs cells in order with what earlier ones declared, and keeps text, values and pictures', () => {
    const { status, cells } = run([
      'const x: number = 20;',
      'for (let i = 0; i < 2000; i++) console.log("line", i);\nx + 1',
      'import { display } from "tslab";\ndisplay.html("<b>bold</b>");',
      'await new Promise((done) => setTimeout(done, 50));\nconsole.error("to stderr");',
    ]);
    expect(status).toBe(0);
    const lines =
      cells[1].outputs
        ?.map(({ text }) => text)
        .join('')
        .trim()
        .split('\n') ?? [];
    expect(lines).toHaveLength(2001);
    expect(lines.at(-1)).toBe('21');
    expect(cells[2].outputs?.[0].data).toEqual({ 'text/html': '<b>bold</b>' });
    expect(cells[3].outputs?.[0]).toMatchObject({
      output_type: 'stream',
      name: 'stderr',
      text: 'to stderr\n',
    });
  });

  it('stops at a cell that throws, with a real error output, exit code 1 and the notebook up to there', () => {
    const { status, stderr, cells } = run([
      'console.log("before");',
      'throw new RangeError("too far");',
      'console.log("after");',
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/made-up\.ipynb, code cell 2: RangeError: too far/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(cells[0].outputs?.[0].text).toBe('before\n');
    expect(cells[1].outputs?.at(-1)).toMatchObject({
      output_type: 'error',
      ename: 'RangeError',
      evalue: 'too far',
    });
    expect(cells[2].outputs).toEqual([]);
  });

  it('keeps what a cell said before it ended the process', () => {
    const { status, stderr, cells } = run([
      'for (let i = 0; i < 5000; i++) console.log("line", i);\nprocess.exit(3);',
      '1 + 1',
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain('The cell ended the process (exit code 3).');
    expect(cells[0].outputs?.[0].text?.trim().split('\n')).toHaveLength(5000);
    expect(cells[0].outputs?.[1]).toMatchObject({ output_type: 'error', ename: 'ProcessEnded' });
    expect(cells[1].outputs).toEqual([]);
  });

  it('goes on where a package is installed beside the notebook while it runs', () => {
    const { stderr, status } = run(
      [
        'import { mkdirSync } from "node:fs";\nimport { degrees } from "angular-loss-kit";\nconst one = 1;',
        'mkdirSync("node_modules/package", { recursive: true });\nawait new Promise((done) => setTimeout(done, 1500));',
        'one + 1',
      ],
      'notebooks',
    );
    expect(stderr).not.toContain('rebuildTimer');
    expect(status).toBe(0);
  });

  it('stops a notebook that takes too long, and keeps what it said before', async () => {
    // The child process is plain JavaScript beside the built runner.
    const { runNotebook } = require(resolve('dist', 'lab', 'notebook-runner.js')) as Runner;
    const outputPath = join(temporaryFolder(), 'executed.ipynb');
    const path = notebookOf(['console.log("before");\nwhile (true) {}']);
    await expect(runNotebook(path, { outputPath, timeoutSeconds: 25 })).rejects.toMatchObject({
      code: 'notebook-failed',
      message: expect.stringContaining('took longer than 25 seconds'),
    });
    expect(cellsOf(outputPath)[0].outputs?.map(({ text, ename }) => text ?? ename)).toEqual([
      'before\n',
      'ProcessEnded',
    ]);
  });

  it('leads from the executed copy to where the notebook’s own links led', () => {
    const own = temporaryFolder();
    const results = join(own, 'deep', 'results');
    const text =
      '[a](made-up.ts#L3) [b](../up.md) [c](other.ipynb) [d](https://x.org) ![e](pictures/e.png) [f](#here)';
    const cells = [{ cell_type: 'markdown', source: ['# a\n', text], metadata: {} }];
    writeFileSync(join(own, 'made-up.ipynb'), JSON.stringify({ nbformat: 4, metadata: {}, cells }));
    expect(runKit(['lab', join(own, 'made-up.ipynb'), '--results', results]).status).toBe(0);
    expect(cellsOf(join(results, 'notebooks', 'made-up.ipynb'))[0].source).toEqual([
      '# a\n',
      '[a](../../../made-up.ts#L3) [b](../../../../up.md) [c](other.ipynb) [d](https://x.org) ![e](../../../pictures/e.png) [f](#here)',
    ]);
  });

  it('updates a display in its place, also from a later cell', () => {
    const { cells } = run([
      'import { newDisplay } from "tslab";\nconst shown = newDisplay();\nshown.text("first");\nconsole.log("between");',
      'shown.text("second");',
    ]);
    expect(cells[0].outputs?.map(({ data, text }) => data ?? text)).toEqual([
      { 'text/plain': 'second' },
      'between\n',
    ]);
    expect(cells[1].outputs).toEqual([]);
  });

  it('turns a mistake of types into an error output', () => {
    const { status, cells } = run(['const n: number = "text";']);
    expect(status).toBe(1);
    expect(cells[0].outputs?.at(-1)).toMatchObject({ output_type: 'error', ename: 'CompileError' });
  });

  it('shows an error of the kit as its message alone, with no trace', () => {
    const { cells } = run([
      'import { reference } from "angular-loss-kit";\nreference.angularHinge([0], [1], [2], 95);',
    ]);
    expect(cells[0].outputs).toEqual([
      {
        output_type: 'error',
        ename: 'KitError',
        evalue: expect.stringContaining('alphaDegrees is 95'),
        traceback: [expect.stringMatching(/^KitError \(invalid-argument\): alphaDegrees is 95/)],
      },
    ]);
  });

  it('shows a chart at its own size, as SVG and as PNG, on a white ground', () => {
    const { cells } = run([
      'import { showChart } from "angular-loss-kit";\nawait showChart({ width: 200, height: 100, data: { values: [{ x: 1 }] }, mark: "point", encoding: { x: { field: "x", type: "quantitative" } } });',
    ]);
    const [{ data, metadata }] = cells[0].outputs as unknown as [
      { data: Record<string, string>; metadata: Record<string, { width: number }> },
    ];
    const png = Buffer.from(data['image/png'], 'base64');
    expect(metadata['image/png'].width).toBe(png.readUInt32BE(16) / 2);
    expect(metadata['image/png'].width).toBeLessThan(300);
    expect(data['image/svg+xml']).toMatch(/<rect[^>]*fill="#ffffff"/);
    expect(data['image/svg+xml']).toContain('sans-serif');
  });

  it('shows how far a long cell is, and stops its asynchronous work when it is interrupted', () => {
    const { status, stderr, cells } = run([
      'import { withProgress } from "angular-loss-kit";\nconst worked: number[] = [];',
      [
        'setTimeout(() => process.kill(process.pid, "SIGINT"), 100);',
        'await withProgress("trials", [1, 2, 3, 4, 5], async (i) => {',
        '  await new Promise((done) => setTimeout(done, 80));',
        '  worked.push(i);',
        '});',
      ].join('\n'),
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain('The cell was interrupted.');
    expect(cells[1].outputs?.[0].data).toEqual({
      'text/plain': expect.stringMatching(/^trials: interrupted after [1-4] of 5, \d+ s$/),
    });
    expect(cells[1].outputs?.[1]).toMatchObject({ output_type: 'error', ename: 'KitError' });
  });
});
