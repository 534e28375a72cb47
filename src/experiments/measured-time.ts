import * as tf from '@tensorflow/tfjs';
import type { BackendDescription } from '../backends/start-backend.js';
import type { ExperimentData } from './experiment-data.js';
import { runExperiment } from './run-experiment.js';
import type { RunSpec } from './run-spec.js';
import type { SplitCounts } from './split-counts.js';

export interface MeasuredTime {
  readonly millisecondsAStep: number;
  /** Of one picture, or its features, through the model without training on it. */
  readonly millisecondsAPicture: number;
  /** The largest that this process was, and what of that grows with the batch. */
  readonly memory: { readonly bytes: number; readonly ofBatch: number };
  /** On the device for a step with the model, as planned before it ran; null where unknown. */
  readonly plannedBytes: number | null;
}

const WARM_UP = 2;
const MEASURED = 4;

/** Times a few steps of a run on this machine, which leave no trace. */
export async function measureTime(
  spec: RunSpec,
  data: ExperimentData,
  backend: BackendDescription,
  { warmUp = WARM_UP, measured = MEASURED }: { readonly warmUp?: number; readonly measured?: number } = {},
): Promise<MeasuredTime> {
  const steps = warmUp + measured;
  const memoryBefore = process.memoryUsage().rss;
  let plannedBytes: number | null = null;
  const times: number[] = [performance.now()];
  const short = {
    ...spec,
    steps,
    validateEvery: steps,
    evaluation: { ...spec.evaluation, test: 'none' as const },
  };
  await runExperiment(short, {
    backend,
    data,
    onProgress: () => times.push(performance.now()),
    onPlannedBytes: (bytes) => {
      plannedBytes = bytes === null ? null : bytes + tf.memory().numBytes;
    },
  });
  const [before, ready] = times;
  // The last step's time has the validation after it.
  const [from, to] = [times[1 + warmUp], times[steps]];
  const bytes = 1024 * process.resourceUsage().maxRSS;
  return {
    millisecondsAStep: (to - from) / (measured - 1),
    millisecondsAPicture:
      (ready - before) / (atStart(spec, data.description) + aValidation(data.description)),
    memory: { bytes, ofBatch: Math.max(0, bytes - memoryBefore - COPIES * bytesOf(data.weights)) },
    plannedBytes,
  };
}

/** Of the weights, whatever the batch: as read, in the model, its best so far, gradients and two moments. */
const COPIES = 6;

function bytesOf(weights: ExperimentData['weights']): number {
  const layers = [...(weights?.layers.values() ?? [])];
  return layers.reduce((sum, { filter, bias }) => sum + filter.byteLength + bias.byteLength, 0);
}

/** Of runs like the measured one, so many side by side, without scoring what they embed. @returns milliseconds */
export function estimatedTime(
  specs: readonly RunSpec[],
  {
    millisecondsAStep,
    millisecondsAPicture,
  }: Pick<MeasuredTime, 'millisecondsAStep' | 'millisecondsAPicture'>,
  workers: number,
  counts: SplitCounts,
): number {
  const total = specs.reduce((sum, spec) => {
    const { steps, validateEvery, evaluation } = spec;
    const validations = 1 + Math.ceil(steps / validateEvery);
    const test = evaluation.test === 'none' ? 0 : counts.test.images;
    const pictures = atStart(spec, counts) + validations * aValidation(counts) + test;
    return sum + steps * millisecondsAStep + pictures * millisecondsAPicture;
  }, 0);
  return total / Math.max(1, Math.min(workers, specs.length));
}

/** Pictures that a model sees before anything else: pretrained features are centred and scaled by those of all training ones. */
function atStart({ model }: RunSpec, { train }: SplitCounts): number {
  return model.name === 'googlenet' || model.name === 'onnx' ? train.images : 0;
}

/** Pictures of the validation classes, and of as many training classes. */
function aValidation({ train, validation }: SplitCounts): number {
  return validation.images + (validation.classes / train.classes) * train.images;
}
