import type { BackendDescription } from '../backends/start-backend.js';
import type { ExperimentData } from './experiment-data.js';
import { runExperiment } from './run-experiment.js';
import type { RunSpec } from './run-spec.js';

export interface MeasuredTime {
  readonly millisecondsAStep: number;
  /** Of reading the validation classes, and as many training classes, once. */
  readonly millisecondsAValidation: number;
}

const WARM_UP = 2;
const MEASURED = 4;

/** Times a few steps of a run on this machine, which leave no trace. */
export async function measureTime(
  spec: RunSpec,
  data: ExperimentData,
  backend: BackendDescription,
): Promise<MeasuredTime> {
  const steps = WARM_UP + MEASURED;
  const times: number[] = [performance.now()];
  const short = {
    ...spec,
    steps,
    validateEvery: steps,
    evaluation: { ...spec.evaluation, test: 'none' as const },
  };
  await runExperiment(short, { backend, data, onProgress: () => times.push(performance.now()) });
  const [before, ready] = times;
  // The last step's time has the validation after it.
  const [from, to] = [times[1 + WARM_UP], times[steps]];
  return {
    millisecondsAStep: (to - from) / (MEASURED - 1),
    millisecondsAValidation: ready - before,
  };
}

/** Of runs like the measured one, so many side by side. @returns milliseconds */
export function estimatedTime(
  specs: readonly RunSpec[],
  { millisecondsAStep, millisecondsAValidation }: MeasuredTime,
  workers: number,
): number {
  const total = specs.reduce(
    (sum, { steps, validateEvery }) =>
      sum + steps * millisecondsAStep + (2 + Math.ceil(steps / validateEvery)) * millisecondsAValidation,
    0,
  );
  return total / Math.max(1, Math.min(workers, specs.length));
}
