import { KitError } from '../../kit-error.js';
import type { DeviceStep, DeviceStepOptions, OperationTime } from '../device-step.js';
import { freeBytes } from './free-memory.js';
import { planStep, type StepPlan } from './step-plan.js';
import { discardRecording, recordingDifference, recordStep, type StepRecording } from './step-recording.js';
import { StepReplay } from './step-replay.js';
import { submitPending, webgpuBackend } from './webgpu-backend.js';

/** A device step on webgpu: recorded once, then handed to the device as one list of commands a run. */
export function recordedStep(options: DeviceStepOptions): DeviceStep {
  const backend = webgpuBackend();
  let planned: { readonly recording: StepRecording; readonly plan: StepPlan } | null = null;
  let replay: StepReplay | null = null;
  /** Ends of the last two runs: the device is at most one behind, or inputs would pile up on their way to it. */
  let ends: readonly [Promise<unknown>, Promise<unknown>] = [Promise.resolve(), Promise.resolve()];

  function plan(): StepPlan {
    if (planned === null) {
      const recording = recordTwice();
      planned = { recording, plan: planStep(backend.device.limits, recording) };
    }
    return planned.plan;
  }

  /** Whatever the host puts in by chance or by counting would be the same in every replay: it shows in a second recording. */
  function recordTwice(): StepRecording {
    const first = recordStep(backend, options.inputs, options.body);
    let second: StepRecording;
    try {
      second = recordStep(backend, options.inputs, options.body);
    } finally {
      discardRecording(backend, first);
    }
    const difference = recordingDifference(first, second);
    if (difference === null) return second;
    discardRecording(backend, second);
    throw new Error(
      `The body of a device step did not do the same twice: ${difference}. What changes from run to run (learning rates, random masks, labels) must be an input.`,
    );
  }

  function forget(): void {
    if (replay !== null) replay.dispose();
    else if (planned !== null) discardRecording(backend, planned.recording);
    replay = null;
    planned = null;
  }

  async function carryOut<T>(submit: (ready: StepReplay) => T): Promise<T> {
    await ends[0];
    // A variable that was assigned, or a tensor that was disposed: the buffers are no longer theirs.
    if (replay?.isStale()) forget();
    if (replay !== null) return submit(replay);
    submitPending(backend);
    const { bytes, largest } = plan();
    const { device } = backend;
    const most = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
    if (largest > most) {
      forget();
      throw noRoom(
        `its largest tensor takes ${gibibytes(largest)} GiB, and this GPU's driver takes at most ${gibibytes(most)} in one`,
        most / largest,
        options.rows,
      );
    }
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    const ready = new StepReplay(backend, (planned as { recording: StepRecording }).recording, plan());
    replay = ready;
    const result = submit(ready);
    const outOfMemory = await device.popErrorScope();
    const invalid = await device.popErrorScope();
    if (outOfMemory === null && invalid === null) return result;
    if (replay === ready) forget();
    if (outOfMemory !== null) {
      const free = await freeBytes(device, bytes);
      throw noRoom(
        `it needs ${gibibytes(bytes)} GiB beside the parameters, and about ${gibibytes(free)} are free`,
        free / bytes,
        options.rows,
      );
    }
    throw new Error(`The device refuses a recorded step: ${invalid?.message}`);
  }

  function submitted(): void {
    ends = [ends[1], backend.queue.onSubmittedWorkDone()];
  }

  return {
    plannedBytes: () => plan().bytes,
    run: (inputs) =>
      carryOut((ready) => {
        const outputs = ready.run(inputs);
        submitted();
        return outputs;
      }),
    profile: (inputs): Promise<readonly OperationTime[]> =>
      carryOut((ready) => {
        const times = ready.profile(inputs);
        submitted();
        return times;
      }).then((times) => times),
    dispose: forget,
  };
}

const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);

/** All of a step but its parameters' gradients grows with its rows, so what fits is a little less than that share of them. */
function noRoom(why: string, share: number, rows: number): KitError {
  const fit = Math.floor(share * rows);
  const advice =
    fit >= 2
      ? `Take batches of at most ${fit} instead of ${rows}`
      : 'Not even two rows fit: train fewer layers';
  return new KitError(
    'out-of-memory',
    `The GPU has no room for this step: ${why}. ${advice}, or end what else runs on this GPU.`,
  );
}
