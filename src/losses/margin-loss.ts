import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import type { BatchLoss } from './batch-loss.js';
import { negativeMask } from './batch-pairs.js';
import { ofEmbeddings, type ValueAndGradient } from './closed-form.js';
import { onUnitSphere } from './l2-normalize.js';
import { labelled } from './labelled-batch.js';
import { ANYTHING, FINITE_NUMBER, requireLossOptions } from './loss-options.js';
import { pairwiseSquaredDistances, rootOfDistances } from './pairwise-distances.js';

export interface MarginLossOptions {
  /** α: how far a pair must lie on its side of β. Default 0.2, as in the authors' code. */
  readonly margin?: number;
  /** β, the distance that parts positives from negatives. Default 1.2, where the authors' code starts it. */
  readonly beta?: number;
  /** `all` (default) puts every embedding on the unit sphere first, which the default β is meant for. */
  readonly normalize?: 'none' | 'all';
  /**
   * Row indices of the triplets whose (anchor, positive) and (anchor, negative) pairs count, each as often as it is
   * listed; `(table) => distanceWeightedTriplets(table, { random })` is the paper's. Default: every pair of the batch, once.
   * The miner sees plain numbers: alone among the losses, this one then reads the embeddings back.
   */
  readonly triplets?: (table: EmbeddingTable) => {
    readonly anchors: ArrayLike<number>;
    readonly positives: ArrayLike<number>;
    readonly negatives: ArrayLike<number>;
  };
}

/**
 * Margin loss (Wu et al. 2017, "Sampling Matters in Deep Embedding Learning", section 4): the mean over the pairs where
 * it is positive of
 *
 * $$\bigl[\alpha+y_{ij}(D_{ij}-\beta)\bigr]_+,\qquad D_{ij}=\lVert x_i-x_j\rVert,$$
 *
 * $y=1$ for a pair of one class and −1 for another. 0, with zero gradient, where no pair is.
 *
 * The paper learns β; here it is fixed, as in pytorch-metric-learning's default.
 *
 * @gradient
 * $M$ the number of pairs counted; the opposite to $x_j$, and 0 where $D=0$:
 *
 * $$\frac{\partial}{\partial x_i}=\frac{y_{ij}}{M}\,\frac{x_i-x_j}{D_{ij}}.$$
 *
 * @paperSettings
 * α = 0.2, β learned from 1.2, embeddings at unit length, pairs by distance-weighted sampling
 * (`distanceWeightedTriplets`).
 *
 * @twin src/losses/reference/margin.ts
 * @proof notebooks/08-the-other-losses-derived.ipynb#margin,margin-check
 * @tests tests/losses/losses.test.ts tests/losses/worked-out-values.test.ts tests/losses/pytorch.test.ts
 * tests/losses/loss-catalogue.ts
 *
 * @throws KitError `backend-unavailable` for `triplets` on webgpu, where nothing can be read back within a step
 */
export function marginLoss(options: MarginLossOptions = {}): BatchLoss {
  requireLossOptions('marginLoss', options, {
    margin: [FINITE_NUMBER],
    beta: [FINITE_NUMBER],
    normalize: ['none', 'all'],
    triplets: ANYTHING,
  });
  const { margin = 0.2, beta = 1.2, normalize = 'all', triplets } = options;
  return (embeddings, labels) =>
    ofEmbeddings(labelled(embeddings, labels), (rows) => {
      const ofPoints = (points: tf.Tensor2D): ValueAndGradient => {
        const times =
          triplets === undefined ? everyPairOnce(points.shape[0]) : listed(triplets, points, labels);
        const counts = tf.tensor2d(times, [labels.length, labels.length]);
        const signs = tf.scalar(1).sub<tf.Tensor2D>(negativeMask(labels).mul(2));

        const { squared, toPoints } = pairwiseSquaredDistances(points);
        const { distances, derivative } = rootOfDistances(squared);
        const inside = distances.sub(beta).mul(signs).add<tf.Tensor2D>(margin);
        const active = inside.step().mul<tf.Tensor2D>(counts);
        const weights = active.div<tf.Tensor2D>(active.sum().maximum(1));
        const toDistances = weights.mul<tf.Tensor2D>(signs);
        return {
          value: inside.mul(weights).sum(),
          gradient: toPoints(toDistances.mul(derivative)),
        };
      };
      return normalize === 'all' ? onUnitSphere(rows, ofPoints) : ofPoints(rows);
    });
}

/** How often each ordered pair counts, row-major n × n. */
function everyPairOnce(n: number): Float32Array {
  const times = new Float32Array(n * n);
  for (let i = 0; i < n; i++) times.fill(1, i * n + i + 1, (i + 1) * n);
  return times;
}

function listed(
  triplets: NonNullable<MarginLossOptions['triplets']>,
  points: tf.Tensor2D,
  labels: ArrayLike<number>,
): Float32Array {
  if (tf.getBackend() === 'webgpu') {
    throw new KitError(
      'backend-unavailable',
      'The margin loss over mined triplets reads the embeddings back in the middle of a step, which the backend webgpu can not do. Count every pair (`pairs: all`, no `triplets`), or set KIT_BACKEND to another backend.',
    );
  }
  const [n, dimension] = points.shape;
  const vectors = points.dataSync<'float32'>();
  const { anchors, positives, negatives } = triplets({ vectors, dimension, labels: Int32Array.from(labels) });
  const times = new Float32Array(n * n);
  for (let i = 0; i < anchors.length; i++) {
    times[anchors[i] * n + positives[i]]++;
    times[anchors[i] * n + negatives[i]]++;
  }
  return times;
}
