import * as tf from '@tensorflow/tfjs';
import {
  embeddingHead,
  NPairSampler,
  Optimizer,
  type OptimizerOptions,
  recallAtK,
  SeededRandom,
  throwIfInterrupted,
} from 'angular-loss-kit';
import type { PairLoss } from './thread-suspects';

export interface Features {
  /** n × dimension, row-major. */
  readonly vectors: Float32Array;
  readonly dimension: number;
  readonly labels: Int32Array;
}

export interface HeadTrialOptions {
  readonly train: Features;
  readonly held: Features;
  readonly loss: PairLoss;
  readonly optimizer: OptimizerOptions;
  /** Radius of the sphere that embeddings are put on; null leaves them as they are. */
  readonly radius: number | null;
  readonly steps: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

export interface HeadTrialResult {
  /** Recall@1 on the held-out classes after the last step; 0 where the loss was no longer a number. */
  readonly recallAt1: number;
  /** Share of pairs without a gradient, step by step. */
  readonly silent: readonly number[];
}

const PAIRS = 32;
const EMBEDDING_DIMENSION = 64;

/**
 * Trains one linear layer on frozen features with one loss.
 *
 * @throws KitError `cancelled` when `signal` aborts
 */
export async function trialOfHead(options: HeadTrialOptions): Promise<HeadTrialResult> {
  const { train, held, loss, radius, steps } = options;
  const random = new SeededRandom(options.seed);
  const head = embeddingHead({
    inputDimension: train.dimension,
    embeddingDimension: EMBEDDING_DIMENSION,
    radius,
    dropout: 0,
    random,
  });
  const optimizer = new Optimizer(head.parameters, options.optimizer);
  const sampler = new NPairSampler({ labels: train.labels, classes: PAIRS });
  const silent: number[] = [];
  let finite = true;
  try {
    for (let step = 0; step < steps && finite; step++) {
      await throwIfInterrupted(options.signal);
      const rows = sampler.batch(random.fork(step));
      tf.tidy(() => {
        const inputs = rowsOf(train, rows);
        const { value, grads } = tf.variableGrads(
          () => {
            const embeddings = head.embed(inputs, null).reshape([PAIRS, 2, EMBEDDING_DIMENSION]);
            const [anchors, positives] = tf.unstack(embeddings, 1) as tf.Tensor2D[];
            const { losses, total } = loss(anchors, positives);
            silent.push(losses.dataSync().filter((one) => one === 0).length / PAIRS);
            return total;
          },
          head.parameters.map(({ variable }) => variable),
        );
        finite = Number.isFinite(value.dataSync()[0]);
        if (finite) optimizer.apply(grads, step, steps);
      });
    }
    const all = Array.from(held.labels.keys());
    const embedded = tf.tidy(() => head.embed(rowsOf(held, all), null).dataSync() as Float32Array);
    if (!finite || !embedded.every(Number.isFinite)) return { recallAt1: 0, silent };
    const table = { vectors: embedded, dimension: EMBEDDING_DIMENSION, labels: held.labels };
    return { recallAt1: (await recallAtK(table, [1]))[1], silent };
  } finally {
    head.dispose();
  }
}

function rowsOf({ vectors, dimension }: Features, rows: readonly number[]): tf.Tensor2D {
  const chosen = new Float32Array(rows.length * dimension);
  for (const [i, row] of rows.entries())
    chosen.set(vectors.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  return tf.tensor2d(chosen, [rows.length, dimension]);
}
