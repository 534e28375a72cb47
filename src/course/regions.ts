import { KitError } from '../kit-error.js';

/** nbgrader's words: a line that contains one begins or ends a region, whatever the language's comments look like. */
const SOLUTION = ['BEGIN SOLUTION', 'END SOLUTION'] as const;
const HIDDEN_TESTS = ['BEGIN HIDDEN TESTS', 'END HIDDEN TESTS'] as const;

/** What stands in a student's notebook where the master has a solution. */
export const CODE_STUB = "// YOUR CODE HERE\nthrow new Error('not answered yet');";
export const TEXT_STUB = 'YOUR ANSWER HERE';

/**
 * A cell with its solution regions replaced by `stub`, indented as they were; a cell without a region is a solution as a whole.
 *
 * @throws KitError `invalid-argument` where a region has no end
 */
export function withoutSolution(source: string, stub: string): string {
  const parts = partsOf(source, SOLUTION);
  if (!parts.some(({ inside }) => inside)) return stub;
  return parts
    .map(({ inside, text, indent }) =>
      inside
        ? stub
            .split('\n')
            .map((line) => indent + line)
            .join('\n')
        : text,
    )
    .join('\n');
}

/** @throws KitError `invalid-argument` where a region has no end */
export function withoutHiddenTests(source: string): string {
  return partsOf(source, HIDDEN_TESTS)
    .filter(({ inside }) => !inside)
    .map(({ text }) => text)
    .join('\n');
}

/** What the hidden regions hold, in one piece; empty where there are none. */
export function hiddenTests(source: string): string {
  return partsOf(source, HIDDEN_TESTS)
    .filter(({ inside }) => inside)
    .map(({ text }) => text)
    .join('\n');
}

interface Part {
  readonly inside: boolean;
  readonly text: string;
  readonly indent: string;
}

function partsOf(source: string, [begin, end]: readonly [string, string]): Part[] {
  const parts: { inside: boolean; lines: string[]; indent: string }[] = [];
  let inside = false;
  const open = (nowInside: boolean, indent: string) => {
    inside = nowInside;
    if (nowInside) parts.push({ inside, lines: [], indent });
  };
  for (const line of source.split('\n')) {
    if (line.includes(begin)) {
      if (inside) throw new KitError('invalid-argument', `A region begins inside a region: ${line.trim()}`);
      open(true, /^\s*/.exec(line)![0]);
    } else if (line.includes(end)) {
      if (!inside) throw new KitError('invalid-argument', `A region ends that never began: ${line.trim()}`);
      open(false, '');
    } else {
      if (parts.length === 0 || parts[parts.length - 1].inside !== inside)
        parts.push({ inside, lines: [], indent: '' });
      parts[parts.length - 1].lines.push(line);
    }
  }
  if (inside) throw new KitError('invalid-argument', `A region has no line with ${end}.`);
  return parts.map(({ inside: within, lines, indent }) => ({
    inside: within,
    text: lines.join('\n'),
    indent,
  }));
}
