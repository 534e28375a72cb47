import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import type { BatchLoss } from './batch-loss.js';
import { labelled } from './labelled-batch.js';
import { maskedLogSumExp } from './log-sum-exp.js';
import { makeProxies, ofSimilarities, type ProxyOptions } from './proxies.js';

/**
 * Proxy-NCA (Movshovitz-Attias et al. 2017, Eq. 4): mean over rows of d(x, p_y) + log Σ_{z≠y} exp(−d(x, p_z)), d the squared
 * Euclidean distance between embeddings and proxies at unit length. `variables` holds the proxies.
 *
 * Gradient to d = 2 − 2s, w the softmax weights of the other proxies: 1/n for the own, −w/n for each other; twice the opposite
 * to s. Plain twin:
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
