import type * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import { requireClassLabels } from '../types/class-labels.js';

/**
 * The embeddings, once they and their labels are found to be a batch: [n, d] with n whole numbers, n and d 1 or more.
 *
 * @throws KitError `invalid-argument`
 */
export function labelled(embeddings: tf.Tensor2D, labels: ArrayLike<number>): tf.Tensor2D {
  if (embeddings?.shape?.length !== 2) {
    const found = embeddings?.shape === undefined ? 'no tensor' : `a tensor of shape [${embeddings.shape}]`;
    throw new KitError(
      'invalid-argument',
      `A batch of embeddings is a tensor of shape [n, d]; found ${found}.`,
    );
  }
  if (embeddings.size === 0) {
    throw new KitError(
      'invalid-argument',
      `The batch is empty: its shape is [${embeddings.shape}]. A loss is of one row of one number at least.`,
    );
  }
  requireClassLabels(labels, embeddings.shape[0]);
  return embeddings;
}
