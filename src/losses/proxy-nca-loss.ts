import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import type { BatchLoss } from './batch-loss.js';
import { l2Normalize } from './l2-normalize.js';
import { maskedLogSumExp } from './log-sum-exp.js';
import { makeProxies, type ProxyOptions } from './proxies.js';

/**
 * Proxy-NCA (Movshovitz-Attias et al. 2017, Eq. 4): mean over rows of d(x, p_y) + log Σ_{z≠y} exp(−d(x, p_z)), d the squared
 * Euclidean distance between embeddings and proxies at unit length. `variables` holds the proxies.
 *
 * Gradient to d, w the softmax weights of the other proxies: 1/n for the own, −w/n for each other. Plain twin:
 * `reference.proxyNca`.
 *
 * @throws KitError `invalid-argument` for one class alone: its rows have no proxy to be told from
 */
export function proxyNcaLoss(options: ProxyOptions): BatchLoss {
  if (options.classes.length < 2) {
    throw new KitError('invalid-argument', 'Proxy-NCA needs two classes or more.');
  }
  const { variable, membership } = makeProxies(options);
  const loss = (embeddings: tf.Tensor2D, labels: ArrayLike<number>): tf.Scalar =>
    tf.tidy(() => {
      const own = membership(labels);
      const products = tf.matMul(l2Normalize(embeddings), l2Normalize(variable), false, true);
      const negativeDistances = products.sub<tf.Tensor2D>(1).mul<tf.Tensor2D>(2);
      const others = maskedLogSumExp(negativeDistances, tf.onesLike(own).sub(own));
      return others.sub(negativeDistances.mul(own).sum(1)).mean<tf.Scalar>();
    });
  return Object.assign(loss, { variables: [variable] });
}
