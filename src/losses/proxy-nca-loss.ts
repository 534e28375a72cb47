import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import type { BatchLoss } from './batch-loss.js';
import { labelled } from './labelled-batch.js';
import { maskedLogSumExp } from './log-sum-exp.js';
import { ANYTHING, FINITE_NUMBER, requireLossOptions } from './loss-options.js';
import { makeProxies, ofSimilarities, type ProxyOptions } from './proxies.js';

/**
 * Proxy-NCA (Movshovitz-Attias et al. 2017, Eq. 4), $d$ the squared Euclidean distance between embeddings and proxies at
 * unit length, $y$ the row's own class:
 *
 * $$\frac1n\sum_i\Bigl[d_{iy}+\log\sum_{z\ne y}e^{-d_{iz}}\Bigr].$$
 *
 * `variables` holds the proxies.
 *
 * @gradient
 * With $s=1-d/2$ the cosine similarity and $w$ the softmax weights of the other proxies:
 *
 * $$\frac{\partial}{\partial d_{iy}}=\frac1n,\qquad\frac{\partial}{\partial d_{iz}}=-\frac{w_{iz}}n,\qquad
 * \frac{\partial}{\partial s}=-2\,\frac{\partial}{\partial d}.$$
 *
 * @paperSettings
 * One proxy a class, embeddings and proxies at unit length; no margin and no scale to set.
 *
 * @twin src/losses/reference/proxy-nca.ts
 * @proof notebooks/08-the-other-losses-derived.ipynb#proxies,proxies-check
 * @tests tests/losses/losses.test.ts tests/losses/pytorch.test.ts tests/training/yardsticks.test.ts
 * tests/losses/loss-catalogue.ts
 *
 * @throws KitError `invalid-argument` for one class alone: its rows have no proxy to be told from
 */
export function proxyNcaLoss(options: ProxyOptions): BatchLoss {
  requireLossOptions('proxyNcaLoss', options, {
    classes: ANYTHING,
    dimension: [FINITE_NUMBER],
    random: ANYTHING,
  });
  if (options.classes.length < 2) {
    throw new KitError('invalid-argument', 'Proxy-NCA needs two classes or more.');
  }
  const { variable, membership } = makeProxies(options);
  const loss = (embeddings: tf.Tensor2D, labels: ArrayLike<number>): tf.Scalar =>
    ofSimilarities(labelled(embeddings, labels), variable, (similarities) => {
      const own = membership(labels);
      const negativeDistances = similarities.sub<tf.Tensor2D>(1).mul<tf.Tensor2D>(2);
      const { values, shares } = maskedLogSumExp(negativeDistances, tf.scalar(1).sub(own));
      const ofOwn = negativeDistances.mul(own).sum<tf.Tensor2D>(1, true);
      return {
        value: values.sub(ofOwn).mean<tf.Scalar>(),
        slopes: shares.sub(own).mul<tf.Tensor2D>(2 / labels.length),
      };
    });
  return Object.assign(loss, { variables: [variable] });
}
