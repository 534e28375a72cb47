import * as tf from '@tensorflow/tfjs';
import { recordedStep } from './webgpu/recorded-step.js';

/** A piece of work whose shapes never change: on webgpu recorded once and replayed, elsewhere carried out each time. */
export interface DeviceStep {
  /**
   * One run. On webgpu it resolves when the device has been handed its work, at most one run ahead of it.
   *
   * @param inputs an array for each input tensor
   * @returns the output tensors, which the step owns: good until the next run; read them with `await data()`
   * @throws Error when the first run on webgpu finds that `body` can't be recorded; KitError `out-of-memory` when the device
   *   has no room, and then nothing was carried out
   */
  run(inputs: readonly (Float32Array | Int32Array)[]): Promise<readonly tf.Tensor[]>;
  /** One run as `run` does it, and the time that it took by kind of operation, the longest first. */
  profile(inputs: readonly (Float32Array | Int32Array)[]): Promise<readonly OperationTime[]>;
  /** Bytes on the device for this step, beside tensors made outside it, before anything is run; null where unknown. */
  plannedBytes(): number | null;
  dispose(): void;
}

export interface OperationTime {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
}

export interface DeviceStepOptions {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly dtype: 'float32' | 'int32' }[];
  /** Of the batch: where a device has no room for them, the error says how many fit. */
  readonly rows: number;
  /**
   * The work: the same operations each time, nothing read back. It may update variables and other tensors in place, by kernels
   * that write into them. Numbers from the host (a learning rate, a mask, labels) are fixed once recorded: what changes from
   * run to run must be an input. On webgpu it is called only to be recorded, and twice, to see that both are the same.
   */
  body(inputs: readonly tf.Tensor[]): readonly tf.Tensor[];
}

/** A step for the backend that runs. */
export function deviceStep(options: DeviceStepOptions): DeviceStep {
  const step = tf.getBackend() === 'webgpu' ? recordedStep(options) : plainStep(options);
  return {
    ...step,
    run: async (inputs) => step.run(requireInputs(options.inputs, inputs)),
    profile: async (inputs) => step.profile(requireInputs(options.inputs, inputs)),
  };
}

function plainStep({ inputs: descriptions, body }: DeviceStepOptions): DeviceStep {
  let outputs: readonly tf.Tensor[] = [];
  const dispose = () => {
    tf.dispose([...outputs]);
    outputs = [];
  };
  const run = (inputs: readonly (Float32Array | Int32Array)[]) => {
    dispose();
    outputs = tf.tidy(() => {
      const tensors = inputs.map((values, i) =>
        tf.tensor(values, [...descriptions[i].shape], descriptions[i].dtype),
      );
      const results = [...body(tensors)];
      if (results.some((result) => tensors.some(({ dataId }) => dataId === result.dataId)))
        throw new Error('The body of a device step hands back an input; hand back a result.');
      return results;
    });
    for (const output of outputs) tf.keep(output);
    return outputs;
  };
  return {
    run: async (inputs) => run(inputs),
    profile: async (inputs) => {
      const { kernels } = await tf.profile(() => {
        run(inputs);
      });
      const times = await Promise.all(kernels.map(({ kernelTimeMs }) => kernelTimeMs));
      const byName = new Map<string, { name: string; calls: number; ms: number }>();
      for (const [i, { name }] of kernels.entries()) {
        const own = byName.get(name) ?? { name, calls: 0, ms: 0 };
        own.calls++;
        own.ms += typeof times[i] === 'number' ? times[i] : Number.NaN;
        byName.set(name, own);
      }
      return [...byName.values()].sort((a, b) => b.ms - a.ms);
    },
    plannedBytes: () => null,
    dispose,
  };
}

function requireInputs(
  descriptions: DeviceStepOptions['inputs'],
  inputs: readonly (Float32Array | Int32Array)[],
): readonly (Float32Array | Int32Array)[] {
  if (inputs.length !== descriptions.length)
    throw new Error(`The step takes ${descriptions.length} inputs; it was given ${inputs.length}.`);
  for (const [i, { shape, dtype }] of descriptions.entries()) {
    const size = tf.util.sizeFromShape([...shape]);
    const kind = dtype === 'float32' ? Float32Array : Int32Array;
    if (!(inputs[i] instanceof kind) || inputs[i].length !== size)
      throw new Error(
        `Input ${i} of the step is a ${kind.name} of ${size} values ([${shape.join(', ')}]); it was given ${inputs[i].length} in a ${inputs[i].constructor.name}.`,
      );
  }
  return inputs;
}
