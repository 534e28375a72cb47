/** A batch of n points of dimension d as plain numbers, and what each loss of it returns. */
export interface LossAndGradient {
  readonly loss: number;
  /** ∂loss/∂points, n × d. */
  readonly gradient: number[][];
}

/** n × d zeros. */
export function zerosLike(points: readonly (readonly number[])[]): number[][] {
  return points.map((point) => point.map(() => 0));
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** target += factor · vector, in place. */
export function addScaled(target: number[], factor: number, vector: readonly number[]): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * vector[i];
}

export function minus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - b[i]);
}

/** log(1 + Σ exp f) and its derivative to each f, without overflow. */
export function logOnePlusSumOfExponentials(f: readonly number[]): { value: number; weights: number[] } {
  const largest = Math.max(0, ...f);
  const exponentials = f.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((total, value) => total + value, Math.exp(-largest));
  return { value: largest + Math.log(sum), weights: exponentials.map((value) => value / sum) };
}
