import * as tf from '@tensorflow/tfjs';
import { hostView } from '../backends/host-view.js';
import type { Parameter } from '../models/model.js';

export type OptimizerOptions =
  | {
      readonly name: 'adam';
      readonly learningRate: number;
      /** Decoupled weight decay (Loshchilov & Hutter 2019), per step as a share of the learning rate. */
      readonly weightDecay: number;
      readonly schedule: Schedule;
    }
  | {
      readonly name: 'sgd';
      readonly learningRate: number;
      readonly momentum: number;
      /** L2 penalty added to the gradient, as Caffe does. */
      readonly weightDecay: number;
      readonly schedule: Schedule;
    };

/** `cosine` falls from the learning rate to zero over the run (Loshchilov & Hutter 2017). */
export type Schedule = 'constant' | 'cosine';

/** The learning rate's factor at `step` (from 0) of `steps`. */
export function scheduleFactor(schedule: Schedule, step: number, steps: number): number {
  return schedule === 'constant' ? 1 : (1 + Math.cos((Math.PI * step) / steps)) / 2;
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adam (Kingma & Ba 2015, with its defaults β₁ = 0.9, β₂ = 0.999, ε = 1e-8) and SGD with momentum.
 *
 * The update is one loop over host memory: on wasm the heap is host memory anyway, it is the same bits on
 * every backend, and moments need no tensors to be saved.
 */
export class Optimizer {
  /** What a checkpoint keeps: one array of moments a parameter and kind. */
  readonly moments: readonly Float32Array[];

  constructor(
    readonly parameters: readonly Parameter[],
    private readonly options: OptimizerOptions,
  ) {
    const kinds = options.name === 'adam' ? 2 : 1;
    this.moments = parameters.flatMap(({ variable }) =>
      Array.from({ length: kinds }, () => new Float32Array(variable.size)),
    );
  }

  /** Moves every parameter one step. @param step counted from 0 @param steps of the whole run */
  apply(gradients: tf.NamedTensorMap, step: number, steps: number): void {
    const factor = scheduleFactor(this.options.schedule, step, steps);
    for (const [i, { variable, learningRateFactor }] of this.parameters.entries()) {
      const gradient = hostView(gradients[variable.name]);
      const values = hostView(variable).slice();
      const learningRate = this.options.learningRate * learningRateFactor * factor;
      if (this.options.name === 'adam') this.adam(i, values, gradient, learningRate, step);
      else this.momentum(i, values, gradient, learningRate, this.options.momentum);
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
    }
  }

  private adam(
    i: number,
    values: Float32Array,
    gradient: Float32Array,
    learningRate: number,
    step: number,
  ): void {
    const [first, second] = [this.moments[2 * i], this.moments[2 * i + 1]];
    const rate = learningRate / (1 - BETA_1 ** (step + 1));
    const correction = 1 / Math.sqrt(1 - BETA_2 ** (step + 1));
    const kept = 1 - learningRate * this.options.weightDecay;
    for (let j = 0; j < values.length; j++) {
      const g = gradient[j];
      const m = BETA_1 * first[j] + (1 - BETA_1) * g;
      const v = BETA_2 * second[j] + (1 - BETA_2) * g * g;
      first[j] = m;
      second[j] = v;
      values[j] = kept * values[j] - (rate * m) / (Math.sqrt(v) * correction + EPSILON);
    }
  }

  private momentum(
    i: number,
    values: Float32Array,
    gradient: Float32Array,
    learningRate: number,
    momentum: number,
  ): void {
    const velocity = this.moments[i];
    const { weightDecay } = this.options;
    for (let j = 0; j < values.length; j++) {
      const v = momentum * velocity[j] + gradient[j] + weightDecay * values[j];
      velocity[j] = v;
      values[j] -= learningRate * v;
    }
  }
}
