import * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';
import type { BatchLoss } from '../losses/batch-loss.js';
import type { Model } from '../models/model.js';
import type { SeededRandom } from '../seeded-random.js';
import type { CurvePoint } from '../types/run-record.js';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { chosenPoint, isBetter } from './chosen-step.js';
import type { Optimizer } from './optimizer.js';

export interface TrainOptions {
  readonly model: Model;
  readonly loss: BatchLoss;
  readonly optimizer: Optimizer;
  readonly steps: number;
  /** Validation, and with it a checkpoint, every so many steps and after the last. */
  readonly validateEvery: number;
  readonly random: SeededRandom;
  /** Item indices of one batch. */
  batch(random: SeededRandom): ArrayLike<number>;
  labels(indices: ArrayLike<number>): ArrayLike<number>;
  /** Network inputs of these items; with `random`, augmented. */
  inputs(indices: ArrayLike<number>, random: SeededRandom | null): tf.Tensor;
  /** What a sampler sees of each batch: its labels and its embeddings in training, [n, d] row-major. */
  observe?(labels: ArrayLike<number>, embeddings: Float32Array): void;
  validate(): Promise<Omit<CurvePoint, 'step' | 'loss'>>;
  /** Where to save, and to go on from if `origin` (code, backend, data) is the same; without it nothing is saved. */
  readonly checkpoint?: { readonly path: string; readonly origin: string };
  onProgress?(step: number): void;
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  readonly curve: readonly CurvePoint[];
  /** The step of best validation Recall@1, by MAP@R among equals, then the earliest; the model holds its parameters. */
  readonly chosenStep: number;
  /** Seconds over all sittings. */
  readonly trainingSeconds: number;
}

/**
 * Trains, validates, keeps the parameters of the best validation scores (`isBetter`) and ends with them in the model.
 * Goes on from a checkpoint of the same origin if one is there; the result is bit for bit that of a run without a break.
 *
 * @throws KitError `training-diverged` when the loss or an embedding is not a finite number; `cancelled` when `signal` aborts
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { optimizer, steps, validateEvery, checkpoint } = options;
  const saved = checkpoint === undefined ? null : loadCheckpoint(checkpoint.path, checkpoint.origin);
  const curve: CurvePoint[] = [];
  let best: Checkpoint['best'];
  let step = 0;
  let trainingSeconds = 0;
  if (saved === null) {
    curve.push({ step: 0, loss: null, ...(await options.validate()) });
    best = { step: 0, ...snapshot(options) };
  } else {
    ({ step, best, trainingSeconds } = saved);
    curve.push(...saved.curve);
    restore(options, saved);
    for (const [i, moment] of saved.moments.entries()) optimizer.moments[i].set(moment);
  }
  options.onProgress?.(step);

  let lossSum = 0;
  let lossCount = 0;
  let since = performance.now();
  while (step < steps) {
    if (options.signal?.aborted) throw new KitError('cancelled', `Stopped after step ${step} of ${steps}.`);
    lossSum += trainStep(options, step);
    lossCount++;
    step++;
    if (step % validateEvery === 0 || step === steps) {
      const point = { step, loss: lossSum / lossCount, ...(await validate(options, step)) };
      if (isBetter(point, chosenPoint(curve).point)) best = { step, ...snapshot(options) };
      curve.push(point);
      [lossSum, lossCount] = [0, 0];
      trainingSeconds += (performance.now() - since) / 1000;
      since = performance.now();
      if (checkpoint !== undefined) {
        const state = {
          step,
          ...snapshot(options),
          moments: optimizer.moments,
          curve,
          best,
          trainingSeconds,
        };
        saveCheckpoint(checkpoint.path, { origin: checkpoint.origin, ...state });
      }
    }
    options.onProgress?.(step);
  }
  restore(options, best);
  return { curve, chosenStep: best.step, trainingSeconds };
}

function trainStep(options: TrainOptions, step: number): number {
  const { model, loss, optimizer, steps } = options;
  const random = options.random.fork(`step ${step}`);
  const indices = options.batch(random.fork('batch'));
  return tf.tidy(() => {
    const inputs = options.inputs(indices, random.fork('augmentation'));
    const { value, grads } = tf.variableGrads(
      () => {
        const embeddings = model.embed(inputs, random.fork('model'));
        const labels = options.labels(indices);
        options.observe?.(labels, embeddings.dataSync<'float32'>());
        return loss(embeddings, labels);
      },
      optimizer.parameters.map((parameter) => parameter.variable),
    );
    const lossValue = value.dataSync()[0];
    if (!Number.isFinite(lossValue)) throw diverged(`The loss became ${lossValue} at step ${step + 1}.`);
    optimizer.apply(grads, step, steps);
    return lossValue;
  });
}

/** An update that overflows shows first in the embeddings when validation comes before the next loss. */
async function validate(options: TrainOptions, step: number): ReturnType<TrainOptions['validate']> {
  try {
    return await options.validate();
  } catch (error) {
    if (!(error instanceof KitError) || error.code !== 'invalid-embeddings') throw error;
    throw diverged(`Embeddings are no longer finite numbers after step ${step}.`);
  }
}

function diverged(what: string): KitError {
  return new KitError(
    'training-diverged',
    `${what} Lower the learning rate, or put the embeddings on a sphere (model.radius).`,
  );
}

type TrainedValues = Pick<Checkpoint, 'parameters' | 'statistics'>;

function snapshot({ model, optimizer }: TrainOptions): TrainedValues {
  return {
    parameters: optimizer.parameters.map((p) => p.variable.dataSync<'float32'>().slice()),
    statistics: model.statistics.map((s) => s.slice()),
  };
}

function restore({ model, optimizer }: TrainOptions, saved: TrainedValues): void {
  tf.tidy(() => {
    for (const [i, { variable }] of optimizer.parameters.entries()) {
      variable.assign(tf.tensor(saved.parameters[i], variable.shape));
    }
  });
  for (const [i, statistic] of saved.statistics.entries()) model.statistics[i].set(statistic);
}
