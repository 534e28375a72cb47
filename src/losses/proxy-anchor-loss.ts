import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { labelled } from './labelled-batch.js';
import { logOnePlusSumExp } from './log-sum-exp.js';
import { makeProxies, ofSimilarities, type ProxyOptions } from './proxies.js';

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
    ofSimilarities(labelled(embeddings, labels), variable, (similarities) => {
      const own = membership(labels);
      const others = tf.scalar(1).sub<tf.Tensor2D>(own);
      const present = new Set(Array.from(labels)).size;
      const all = own.shape[1];
      // The sums are over the rows of each proxy: down the columns.
      const [toOwn, toOthers, s] = [own, others, similarities].map((of) => of.transpose() as tf.Tensor2D);
      const pull = logOnePlusSumExp(s.sub<tf.Tensor2D>(margin).mul(-scale), toOwn);
      const push = logOnePlusSumExp(s.add<tf.Tensor2D>(margin).mul(scale), toOthers);
      const slopes = push.shares.mul(scale / all).sub<tf.Tensor2D>(pull.shares.mul(scale / present));
      return {
        value: pull.values.sum().div(present).add(push.values.sum().div(all)),
        slopes: slopes.transpose(),
      };
    });
  return Object.assign(loss, { variables: [variable] });
}
