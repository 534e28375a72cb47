import * as tf from '@tensorflow/tfjs';
import { type ParameterUpdate, parameterUpdate } from '../backends/parameter-update.js';
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

/** Scalars of one step, three for each learning-rate factor: what an update takes. */
const RATES = 3;
const BETA_1 = 0.9;
const BETA_2 = 0.999;

/**
 * Adam (Kingma & Ba 2015, with its defaults β₁ = 0.9, β₂ = 0.999, ε = 1e-8) and SGD with momentum.
 *
 * Moments lie where the backend updates best: see `parameterUpdate`.
 */
export class Optimizer {
  private readonly factors: readonly number[];
  private readonly updates: ParameterUpdate;

  constructor(
    readonly parameters: readonly Parameter[],
    private readonly options: OptimizerOptions,
  ) {
    this.factors = [...new Set(parameters.map((parameter) => parameter.learningRateFactor))];
    this.updates = parameterUpdate({
      rule: options.name,
      variables: parameters.map(({ variable }) => variable),
      groups: parameters.map(({ learningRateFactor }) => this.factors.indexOf(learningRateFactor)),
    });
  }

  /** Shape of `rates`. */
  get ratesShape(): [number, number] {
    return [this.factors.length, RATES];
  }

  /**
   * The step's scalars, [learning-rate factors, 3]: learningRate / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ) and learningRate · weightDecay
   * for Adam; learningRate, momentum and weightDecay for SGD.
   *
   * @param step counted from 0 @param steps of the whole run
   */
  rates(step: number, steps: number): Float32Array {
    const { options } = this;
    const factor = scheduleFactor(options.schedule, step, steps);
    return Float32Array.from(
      this.factors.flatMap((own) => {
        const learningRate = options.learningRate * own * factor;
        if (options.name === 'sgd') return [learningRate, options.momentum, options.weightDecay];
        const correction = 1 / Math.sqrt(1 - BETA_2 ** (step + 1));
        return [learningRate / (1 - BETA_1 ** (step + 1)), correction, learningRate * options.weightDecay];
      }),
    );
  }

  /** Moves every parameter one step. @param rates as `rates` gives them, on the device */
  update(gradients: tf.NamedTensorMap, rates: tf.Tensor): void {
    this.updates.apply(
      this.parameters.map(({ variable }) => gradients[variable.name]),
      rates,
    );
  }

  /** Moves every parameter one step. @param step counted from 0 @param steps of the whole run */
  apply(gradients: tf.NamedTensorMap, step: number, steps: number): void {
    tf.tidy(() => this.update(gradients, tf.tensor2d(this.rates(step, steps), this.ratesShape)));
  }

  /** What a checkpoint keeps: one array of moments a parameter and kind. */
  moments(): Promise<Float32Array[]> {
    return this.updates.moments();
  }

  /** Goes on from the moments of a checkpoint. */
  restore(moments: readonly Float32Array[]): void {
    this.updates.restore(moments);
  }

  dispose(): void {
    this.updates.dispose();
  }
}
