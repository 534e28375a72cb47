import ts from 'typescript';
import { KitError } from '../kit-error.js';

/**
 * A test cell as it runs beside a submission: every `check.…(name, answer, …)` keeps its name and its answer alone. What is expected
 * then isn't in the submission's process, in no variable and no source text, for it to find.
 *
 * @throws KitError `invalid-argument` where what is expected is a variable: its declaration would stay behind
 */
export function answersOnly(source: string): string {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.Latest, true);
  const cuts: [number, number][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isCheck(node.expression) && node.arguments.length > 2) {
      const [, answer, ...rest] = node.arguments;
      const variable = rest.find((argument) => ts.isIdentifier(argument) && argument.text !== 'undefined');
      if (variable !== undefined) {
        throw new KitError(
          'invalid-argument',
          `${node.getText().slice(0, 80)}: what is expected must be written inside the call. The variable ${variable.getText()} would be visible to the submission that is graded.`,
        );
      }
      cuts.push([answer.end, rest[rest.length - 1].end]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return cuts.reduceRight((text, [from, to]) => text.slice(0, from) + text.slice(to), source);
}

/**
 * A test in pieces that compile on their own: statements with checks, and those between them. What a check needs is there also where
 * an earlier one asks for a function that a submission lacks, and so does not compile.
 */
export function piecesOfTest(source: string): string[] {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.Latest, true);
  const pieces: { text: string; checks: boolean }[] = [];
  for (const statement of file.statements) {
    const last = pieces[pieces.length - 1];
    const [text, checks] = [statement.getFullText(), holdsCheck(statement)];
    if (last?.checks === checks) last.text += text;
    else pieces.push({ text, checks });
  }
  return pieces.map(({ text }) => text.trim());
}

function holdsCheck(node: ts.Node): boolean {
  return (
    (ts.isCallExpression(node) && isCheck(node.expression)) ||
    (ts.forEachChild(node, (child) => holdsCheck(child) || undefined) ?? false)
  );
}

function isCheck(callee: ts.Expression): boolean {
  return (
    ts.isPropertyAccessExpression(callee) &&
    ts.isIdentifier(callee.expression) &&
    callee.expression.text === 'check'
  );
}
