import { zerosLike } from './gradient-matrix.js';
import { ofSimilarities, type PlainProxies, type ProxyLossAndGradient } from './proxy-terms.js';

/**
 * Mean over rows of d(x, p_y) + log Σ_{z≠y} e^{−d(x, p_z)}, d = 2 − 2s at unit length (Movshovitz-Attias et al. 2017, Eq. 4). With w
 * the softmax weights of the other proxies: ∂s = −2/n for the own, +2w/n for the others.
 */
export function proxyNca(
  points: number[][],
  labels: number[],
  { classes, proxies }: PlainProxies,
): ProxyLossAndGradient {
  return ofSimilarities(points, proxies, (s) => {
    const slopes = zerosLike(s);
    let loss = 0;
    for (const [i, label] of labels.entries()) {
      const own = classes.indexOf(label);
      const others = [...classes.keys()].filter((z) => z !== own);
      const largest = Math.max(...others.map((z) => 2 * s[i][z] - 2));
      const exponentials = others.map((z) => Math.exp(2 * s[i][z] - 2 - largest));
      const sum = exponentials.reduce((total, value) => total + value, 0);
      loss += (2 - 2 * s[i][own] + largest + Math.log(sum)) / labels.length;
      slopes[i][own] = -2 / labels.length;
      for (const [at, z] of others.entries()) slopes[i][z] = (2 * exponentials[at]) / (sum * labels.length);
    }
    return { loss, slopes };
  });
}
