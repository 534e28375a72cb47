import * as tf from '@tensorflow/tfjs';
import type { BatchLoss } from './batch-loss.js';
import { labelled } from './labelled-batch.js';
import { logOnePlusSumExp } from './log-sum-exp.js';
import { ANYTHING, FINITE_NUMBER, requireLossOptions } from './loss-options.js';
import { makeProxies, ofSimilarities, type ProxyOptions } from './proxies.js';

export interface ProxyAnchorLossOptions extends ProxyOptions {
  /** α, the sharpness. Default 32, the paper's. */
  readonly scale?: number;
  /** δ. Default 0.1, the paper's. */
  readonly margin?: number;
}

/**
 * Proxy-Anchor (Kim et al. 2020, Eq. 4), $s_{iz}$ the cosine similarity of row $i$ and proxy $z$, $Z^+$ the proxies with a
 * row in the batch:
 *
 * $$\begin{aligned}&\frac1{|Z^+|}\sum_{z\in Z^+}\log\Bigl(1+\sum_{y_i=z}e^{-\alpha(s_{iz}-\delta)}\Bigr)\\
 * &+\frac1{|Z|}\sum_z\log\Bigl(1+\sum_{y_i\ne z}e^{\alpha(s_{iz}+\delta)}\Bigr)\end{aligned}$$
 *
 * `variables` holds the proxies.
 *
 * @gradient
 * To the similarities, $w$ the shares inside each logarithm:
 *
 * $$\frac{\partial}{\partial s_{iz}}=-\frac{\alpha\,w_{iz}}{|Z^+|}\ \text{for the own rows},\qquad
 * +\frac{\alpha\,w_{iz}}{|Z|}\ \text{for the others}.$$
 *
 * @paperSettings
 * α = 32, δ = 0.1.
 *
 * @twin src/losses/reference/proxy-anchor.ts
 * @proof notebooks/08-the-other-losses-derived.ipynb#proxies,proxy-anchor-check
 * @tests tests/losses/losses.test.ts tests/losses/pytorch.test.ts tests/training/yardsticks.test.ts
 * tests/losses/loss-catalogue.ts
 */
export function proxyAnchorLoss(options: ProxyAnchorLossOptions): BatchLoss {
  requireLossOptions('proxyAnchorLoss', options, {
    scale: [FINITE_NUMBER],
    margin: [FINITE_NUMBER],
    classes: ANYTHING,
    dimension: [FINITE_NUMBER],
    random: ANYTHING,
  });
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
