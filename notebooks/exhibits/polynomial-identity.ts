import { all, create, type MathNode } from 'mathjs';

const exact = create(all, { number: 'Fraction' });

export interface PolynomialIdentity {
  readonly holds: boolean;
  /** Bound of the difference's degree in each symbol, read off the tree. */
  readonly degrees: Readonly<Record<string, number>>;
  /** Points at which both sides were compared, exactly. */
  readonly points: number;
  /** The first point at which they differ. */
  readonly counterexample?: Readonly<Record<string, number>>;
}

/**
 * Proves or refutes that two polynomials are the same one. Their difference has a bounded degree in each symbol; a polynomial of
 * degree d at most in x that vanishes at d + 1 values of x, for every choice of the other symbols from such a grid, has no coefficient
 * other than zero (by induction over the symbols). The arithmetic is that of fractions: no rounding.
 *
 * @param left of symbols, numbers, +, −, ·, whole powers and division by numbers, as mathjs writes it, or its tree
 * @throws Error for anything else: then there is no bound of the degree
 */
export function polynomialIdentity(left: string | MathNode, right: string | MathNode): PolynomialIdentity {
  const difference = exact.parse(`(${left.toString()}) - (${right.toString()})`);
  const degrees = degreesOf(difference as Node);
  const symbols = Object.keys(degrees).sort();
  const compiled = difference.compile();
  const grid = symbols.reduce<Record<string, number>[]>(
    (points, symbol) =>
      points.flatMap((point) =>
        [...Array(degrees[symbol] + 1).keys()].map((at) => ({ ...point, [symbol]: at })),
      ),
    [{}],
  );
  for (const point of grid) {
    const scope = Object.fromEntries(Object.entries(point).map(([name, at]) => [name, exact.fraction(at)]));
    if (Number(compiled.evaluate(scope)) !== 0)
      return { holds: false, degrees, points: grid.length, counterexample: point };
  }
  return { holds: true, degrees, points: grid.length };
}

interface Node {
  readonly type: string;
  readonly name?: string;
  readonly fn?: string;
  readonly args?: readonly Node[];
  readonly content?: Node;
  readonly value?: unknown;
}

type Degrees = Readonly<Record<string, number>>;

function degreesOf(node: Node): Degrees {
  const parts = (node.args ?? []).map(degreesOf);
  const combined = (combine: (a: number, b: number) => number): Degrees => {
    const names = new Set(parts.flatMap((part) => Object.keys(part)));
    const of = (part: Degrees, name: string) => part[name] ?? 0;
    return Object.fromEntries(
      [...names].map((name) => [name, parts.map((p) => of(p, name)).reduce((a, b) => combine(a, b))]),
    );
  };
  if (node.type === 'ConstantNode') return {};
  if (node.type === 'SymbolNode') return { [node.name as string]: 1 };
  if (node.type === 'ParenthesisNode') return degreesOf(node.content as Node);
  if (node.fn === 'add' || node.fn === 'subtract' || node.fn === 'unaryMinus') return combined(Math.max);
  if (node.fn === 'multiply') return combined((a, b) => a + b);
  if (node.fn === 'divide' && Object.keys(parts[1]).length === 0) return parts[0];
  if (node.fn === 'pow' && node.args?.[1].type === 'ConstantNode') {
    const power = Number(node.args[1].value);
    if (Number.isInteger(power) && power >= 0)
      return Object.fromEntries(Object.entries(parts[0]).map(([name, degree]) => [name, degree * power]));
  }
  throw new Error(`No polynomial: ${node.toString()}`);
}
