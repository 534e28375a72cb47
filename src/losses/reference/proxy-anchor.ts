import { logOnePlusSumOfExponentials, zerosLike } from './gradient-matrix.js';
import { ofSimilarities, type PlainProxies, type ProxyLossAndGradient } from './proxy-terms.js';

/**
 * Over proxies, the mean of log(1 + Σ_{x of p} e^{−α(s−δ)}) over those with a row in the batch plus the mean of
 * log(1 + Σ_{x not of p} e^{α(s+δ)}) over all (Kim et al. 2020, Eq. 4). With w the weights inside each logarithm: ∂s = −αw and
 * +αw, each over its number of proxies.
 */
export function proxyAnchor(
  points: number[][],
  labels: number[],
  options: PlainProxies & { scale?: number; margin?: number },
): ProxyLossAndGradient {
  const { classes, proxies, scale = 32, margin = 0.1 } = options;
  const present = classes.filter((label) => labels.includes(label)).length;
  return ofSimilarities(points, proxies, (s) => {
    const slopes = zerosLike(s);
    let loss = 0;
    for (const [z, label] of classes.entries()) {
      for (const { rows, sharpness, share } of [
        {
          rows: [...labels.keys()].filter((i) => labels[i] === label),
          sharpness: -scale,
          share: 1 / present,
        },
        {
          rows: [...labels.keys()].filter((i) => labels[i] !== label),
          sharpness: scale,
          share: 1 / classes.length,
        },
      ]) {
        const exponents = rows.map((i) => sharpness * s[i][z] + scale * margin);
        const { value, weights } = logOnePlusSumOfExponentials(exponents);
        loss += share * value;
        for (const [at, i] of rows.entries()) slopes[i][z] += share * sharpness * weights[at];
      }
    }
    return { loss, slopes };
  });
}
