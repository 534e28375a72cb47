import { derivative } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { polynomialIdentity } from '../../notebooks/exhibits/polynomial-identity.js';

describe('the proof that two polynomials are one', () => {
  it('holds for a binomial formula, on as many points as its degrees ask for', () => {
    expect(polynomialIdentity('(a + b)^2', 'a^2 + 2*a*b + b^2')).toEqual({
      holds: true,
      degrees: { a: 2, b: 2 },
      points: 9,
    });
  });

  it('is refuted with a point, also where the sides agree on many points', () => {
    const { holds, counterexample } = polynomialIdentity('x*(x-1)*(x-2)*y', '0');
    expect(holds).toBe(false);
    expect(counterexample).toEqual({ x: 3, y: 1 });
  });

  it('is exact: a factor of a millionth is seen', () => {
    expect(polynomialIdentity('x / 3 + x / 3 + x / 3', 'x').holds).toBe(true);
    expect(polynomialIdentity('1.000001*x', 'x').holds).toBe(false);
  });

  it('takes a derivative of mathjs', () => {
    expect(polynomialIdentity(derivative('t*(n - (a+p)/2)^2', 'a'), '-t*(n - (a+p)/2)').holds).toBe(true);
    expect(polynomialIdentity(derivative('t*(n - (a+p)/2)^2', 'a'), '-t^2*(n - (a+p)/2)').holds).toBe(false);
  });

  it.each(['sqrt(x)', 'x^0.5', '1/x', 'x^y', 'exp(x)'])('refuses %s, which is no polynomial', (side) => {
    expect(() => polynomialIdentity(side, 'x')).toThrow('No polynomial');
  });
});
