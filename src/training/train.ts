import * as tf from '@tensorflow/tfjs';
import { type DeviceStep, deviceStep } from '../backends/device-step.js';
import { overwrite } from '../backends/overwrite.js';
import { KitError } from '../kit-error.js';
import type { BatchLoss } from '../losses/batch-loss.js';
import { dropoutMask } from '../models/dropout.js';
import type { Model } from '../models/model.js';
import type { SeededRandom } from '../seeded-random.js';
import type { CurvePoint } from '../types/run-record.js';
import type { BatchInputs } from './batch-inputs.js';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { chosenPoint, isBetter } from './chosen-step.js';
import type { Optimizer } from './optimizer.js';

export interface TrainOptions {
  readonly model: Model;
  readonly loss: BatchLoss;
  readonly optimizer: Optimizer;
  readonly steps: number;
  /** Validation, and with it a checkpoint, every so many steps and after the last; and a checkpoint where `signal` aborts. */
  readonly validateEvery: number;
  readonly random: SeededRandom;
  /** Item indices of one batch. */
  batch(random: SeededRandom): ArrayLike<number>;
  labels(indices: ArrayLike<number>): ArrayLike<number>;
  readonly inputs: BatchInputs;
  /** What a sampler sees of each batch after its step: its labels and its embeddings in training, [n, d] row-major. */
  observe?(labels: ArrayLike<number>, embeddings: Float32Array): void;
  /** What a sampler remembers: it belongs to a checkpoint. */
  readonly remembered?: readonly Float32Array[];
  validate(): Promise<Omit<CurvePoint, 'step' | 'loss'>>;
  /** Where to save, and to go on from if `origin` (code, backend, data) is the same; without it nothing is saved. */
  readonly checkpoint?: { readonly path: string; readonly origin: string; beforeSaving?(): void };
  onProgress?(step: number): void;
  /** Of a step, before it first runs: what it will hold on the device beside the model; null where unknown. */
  onPlannedBytes?(bytes: number | null): void;
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
 * Everything stays on the device: the loss is summed there and read with each validation, and the next batch is read while
 * a step runs.
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
    best = { step: 0, ...(await snapshot(options)) };
  } else {
    ({ step, best, trainingSeconds } = saved);
    curve.push(...saved.curve);
    restore(options, saved);
    optimizer.restore(saved.moments);
  }
  options.onProgress?.(step);

  const trainer = new StepTrainer(options);
  let since = performance.now();
  const save = async () => {
    trainingSeconds += (performance.now() - since) / 1000;
    since = performance.now();
    if (checkpoint === undefined) return;
    const state = { ...(await snapshot(options)), moments: await optimizer.moments() };
    const { origin } = checkpoint;
    const losses = await trainer.losses();
    checkpoint.beforeSaving?.();
    saveCheckpoint(checkpoint.path, { origin, step, ...state, ...losses, curve, best, trainingSeconds });
  };
  const isToValidate = () =>
    (step % validateEvery === 0 || step === steps) && step > curve[curve.length - 1].step;
  try {
    if (saved !== null) trainer.restore(saved);
    while (step < steps || isToValidate()) {
      if (options.signal?.aborted) throw new KitError('cancelled', `Stopped after step ${step} of ${steps}.`);
      if (!isToValidate()) {
        await trainer.run(step);
        step++;
      }
      if (isToValidate()) {
        const loss = await trainer.meanLoss(step);
        const point = { step, loss, ...(await validate(options, step)) };
        trainer.forgetLosses();
        if (isBetter(point, chosenPoint(curve).point)) best = { step, ...(await snapshot(options)) };
        curve.push(point);
        await save();
      }
      options.onProgress?.(step);
    }
  } catch (error) {
    const isNew = step > (saved?.step ?? 0) && step > curve[curve.length - 1].step;
    if (error instanceof KitError && error.code === 'cancelled' && isNew) await save();
    throw error;
  } finally {
    trainer.dispose();
  }
  restore(options, best);
  return { curve, chosenStep: best.step, trainingSeconds };
}

interface Batch {
  readonly labels: ArrayLike<number>;
  readonly values: readonly (Float32Array | Int32Array)[];
}

/** The steps of a run: each recorded once for a pattern of labels, which samplers keep the same. */
class StepTrainer {
  private readonly recorded = new Map<string, DeviceStep>();
  private readonly lossSum = tf.tidy(() => tf.variable(tf.scalar(0), false));
  private lossCount = 0;
  private ahead: { readonly step: number; readonly batch: Promise<Batch> } | undefined;

  constructor(private readonly options: TrainOptions) {}

  async run(step: number): Promise<void> {
    const { optimizer, steps, observe } = this.options;
    const { labels, values } = await (this.ahead?.step === step ? this.ahead.batch : this.read(step));
    const [embeddings] = await this.stepOf(labels).run([...values, optimizer.rates(step, steps)]);
    this.lossCount++;
    if (observe !== undefined) observe(labels, await embeddings.data<'float32'>());
    if (step + 1 < steps) {
      this.ahead = { step: step + 1, batch: this.read(step + 1) };
      // Awaited in the next round; a picture that breaks meanwhile must not end the process before.
      this.ahead.batch.catch(() => {});
    }
    // The device works on; whoever wants to stop or to see progress gets a turn.
    await new Promise(setImmediate);
  }

  /** Of the steps since `forgetLosses`. */
  async meanLoss(step: number): Promise<number> {
    const sum = (await this.lossSum.data<'float32'>())[0];
    const first = step - this.lossCount + 1;
    if (!Number.isFinite(sum)) {
      const when = first === step ? `at step ${step}` : `between steps ${first} and ${step}`;
      throw diverged(`The loss became ${Number.isNaN(sum) ? 'NaN' : sum} ${when}.`);
    }
    return sum / this.lossCount;
  }

  forgetLosses(): void {
    this.restore({ lossSum: 0, lossCount: 0 });
  }

  /** Since `forgetLosses`. */
  async losses(): Promise<Pick<Checkpoint, 'lossSum' | 'lossCount'>> {
    return { lossSum: (await this.lossSum.data<'float32'>())[0], lossCount: this.lossCount };
  }

  restore({ lossSum, lossCount }: Pick<Checkpoint, 'lossSum' | 'lossCount'>): void {
    tf.tidy(() => overwrite(this.lossSum, tf.scalar(lossSum)));
    this.lossCount = lossCount;
  }

  dispose(): void {
    for (const step of this.recorded.values()) step.dispose();
    this.lossSum.dispose();
  }

  private async read(step: number): Promise<Batch> {
    const { inputs, model } = this.options;
    const random = this.options.random.fork(`step ${step}`);
    const indices = this.options.batch(random.fork('batch'));
    const read = await inputs.read(indices, random.fork('augmentation'));
    const draws = random.fork('model');
    const masks = (model.masks?.(indices.length) ?? []).map((mask) =>
      dropoutMask(mask, draws.fork(mask.name)),
    );
    return { labels: this.options.labels(indices), values: [read, ...masks] };
  }

  private stepOf(labels: ArrayLike<number>): DeviceStep {
    const seen = this.options.loss.variables === undefined ? firstRowsOfClasses(labels) : labels;
    const key = Array.from(seen).join();
    const known = this.recorded.get(key);
    if (known !== undefined) return known;
    // Other patterns than the one at work would be memory for nothing: samplers that vary have no use for recordings.
    for (const [other, step] of this.recorded) {
      step.dispose();
      this.recorded.delete(other);
    }
    const step = this.record(seen);
    this.recorded.set(key, step);
    if (this.options.onPlannedBytes !== undefined) this.options.onPlannedBytes(step.plannedBytes());
    return step;
  }

  private record(labels: ArrayLike<number>): DeviceStep {
    const { model, loss, optimizer, inputs } = this.options;
    const n = labels.length;
    const masks = model.masks?.(n) ?? [];
    return deviceStep({
      inputs: [
        { shape: inputs.uploadShape(n), dtype: inputs.dtype },
        ...masks.map(({ shape }) => ({ shape, dtype: 'float32' as const })),
        { shape: optimizer.ratesShape, dtype: 'float32' },
      ],
      rows: n,
      body: (tensors) => {
        let embeddings: tf.Tensor2D | undefined;
        try {
          const { value, grads } = tf.variableGrads(
            () => {
              embeddings = tf.keep(model.embed(inputs.toNetwork(tensors[0], n), tensors.slice(1, -1)));
              return loss(embeddings, labels);
            },
            optimizer.parameters.map(({ variable }) => variable),
          );
          optimizer.update(grads, tensors[tensors.length - 1]);
          overwrite(this.lossSum, this.lossSum.add(value));
          return [embeddings as tf.Tensor2D];
        } catch (error) {
          embeddings?.dispose();
          throw error;
        }
      },
    });
  }
}

/** Which rows are of one class, whatever class it is: samplers keep that the same from step to step. */
function firstRowsOfClasses(labels: ArrayLike<number>): number[] {
  const all = Array.from(labels);
  return all.map((label) => all.indexOf(label));
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

type TrainedValues = Pick<Checkpoint, 'parameters' | 'statistics' | 'remembered'>;

async function snapshot({ model, optimizer, remembered = [] }: TrainOptions): Promise<TrainedValues> {
  const read = async (variables: readonly tf.Variable[]) => {
    const values: Float32Array[] = [];
    for (const variable of variables) values.push((await variable.data<'float32'>()).slice());
    return values;
  };
  return {
    parameters: await read(optimizer.parameters.map(({ variable }) => variable)),
    statistics: await read(model.statistics),
    remembered: remembered.map((values) => values.slice()),
  };
}

function restore({ model, optimizer, remembered = [] }: TrainOptions, saved: TrainedValues): void {
  const write = (variables: readonly tf.Variable[], values: readonly Float32Array[]) =>
    tf.tidy(() => {
      for (const [i, variable] of variables.entries())
        overwrite(variable, tf.tensor(values[i], variable.shape));
    });
  write(
    optimizer.parameters.map(({ variable }) => variable),
    saved.parameters,
  );
  write(model.statistics, saved.statistics);
  for (const [i, values] of saved.remembered.entries()) remembered[i].set(values);
}
