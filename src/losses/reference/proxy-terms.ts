import { addScaled, dot, type LossAndGradient, zerosLike } from './gradient-matrix.js';
import { onUnitSphere } from './unit-length.js';

/** The proxies of a loss: row i belongs to label `classes[i]`. */
export interface PlainProxies {
  readonly classes: readonly number[];
  readonly proxies: number[][];
}

/** With the gradient to the proxies beside that to the points. */
export interface ProxyLossAndGradient extends LossAndGradient {
  readonly proxyGradient: number[][];
}

/**
 * A loss of the cosine similarities s of n points to c proxies, given its value and ∂loss/∂s, both n × c:
 * ∂u_i = Σ_z ∂s_iz q_z and ∂q_z = Σ_i ∂s_iz u_i at unit length, then back to the lengths that were given.
 */
export function ofSimilarities(
  points: number[][],
  proxies: number[][],
  loss: (similarities: number[][]) => { loss: number; slopes: number[][] },
): ProxyLossAndGradient {
  const n = points.length;
  const both = onUnitSphere([...points, ...proxies], (unit) => {
    const [u, q] = [unit.slice(0, n), unit.slice(n)];
    const { loss: value, slopes } = loss(u.map((point) => q.map((proxy) => dot(point, proxy))));
    const gradient = zerosLike(unit);
    for (const [i, row] of slopes.entries()) {
      for (const [z, slope] of row.entries()) {
        addScaled(gradient[i], slope, q[z]);
        addScaled(gradient[n + z], slope, u[i]);
      }
    }
    return { loss: value, gradient };
  });
  return { loss: both.loss, gradient: both.gradient.slice(0, n), proxyGradient: both.gradient.slice(n) };
}
