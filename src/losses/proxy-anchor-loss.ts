import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { l2Normalize } from './l2-normalize.js';
import { logOnePlusSumExp } from './log-sum-exp.js';
import { makeProxies, type ProxyOptions } from './proxies.js';

export interface ProxyAnchorLossOptions extends ProxyOptions {
  /** α, the sharpness. Default 32, the paper's. */
  readonly scale?: number;
  /** δ. Default 0.1, the paper's. */
  readonly margin?: number;
}

/**
 * Proxy-Anchor (Kim et al. 2020, Eq. 4): over proxies, the mean of log(1 + Σ_{x of p} exp(−α(s−δ))) over those with a row in the
 * batch plus the mean of log(1 + Σ_{x not of p} exp(α(s+δ))) over all; s the cosine similarity. `variables` holds the proxies.
 *
 * Gradient to s, w the shares inside each logarithm: −αw and αw, each over its number of proxies. Plain twin:
 * `reference.proxyAnchor`.
 */
export function proxyAnchorLoss(options: ProxyAnchorLossOptions): BatchLoss {
  const { scale = 32, margin = 0.1 } = options;
  const { variable, membership } = makeProxies(options);
  const loss = (embeddings: tf.Tensor2D, labels: ArrayLike<number>): tf.Scalar =>
    tf.tidy(() => {
      const own = membership(labels).transpose() as tf.Tensor2D;
      const similarities = tf.matMul(
        l2Normalize(variable),
        l2Normalize(embeddings),
        false,
        true,
      ) as tf.Tensor2D;
      const present = new Set(Array.from(labels)).size;
      const pull = logOnePlusSumExp(similarities.sub<tf.Tensor2D>(margin).mul(-scale), own)
        .sum()
        .div(present);
      const others = tf.onesLike(own).sub<tf.Tensor2D>(own);
      const push = logOnePlusSumExp(similarities.add<tf.Tensor2D>(margin).mul(scale), others).mean();
      return pull.add<tf.Scalar>(push);
    });
  return Object.assign(loss, { variables: [variable] });
}
