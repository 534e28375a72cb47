import { isGpu } from '../backends/start-backend.js';
import { dataKey } from '../experiments/experiment-data.js';
import { planRuns } from '../experiments/experiment-plan.js';
import { estimatedTime } from '../experiments/measured-time.js';
import { memoryOf } from '../experiments/run-pool.js';
import { type RunSpec, runId } from '../experiments/run-spec.js';
import { splitCounts } from '../experiments/split-counts.js';
import type { PlannedRun } from './sweep-plan.js';

/** Of starting a process and reading data, and the least that a run counts as. */
const LEAST_SECONDS = 2;

/**
 * Runs in the order of a manifest: those that read the same data together, so that a task reads it once.
 *
 * @param seconds of every run, instead of timing some steps here
 */
export async function estimateRuns(specs: readonly RunSpec[], seconds?: number): Promise<PlannedRun[]> {
  const keys = specs.map(dataKey);
  const groups = [...new Set(keys)].map((key) => specs.filter((_, i) => keys[i] === key));
  if (seconds !== undefined)
    return numbered(
      groups.flat().map((spec) => ({ spec, seconds, memory: memoryOf(spec), device: 'cpu' as const })),
    );
  const plan = await planRuns(specs, { workers: 1 });
  const device = isGpu(plan.backend.name) ? 'gpu' : 'cpu';
  const estimated = [];
  for (const group of groups) {
    const timed = plan.timed.find(({ spec }) => dataKey(spec) === dataKey(group[0]));
    const time = timed?.time ?? plan.timed[0]?.time ?? { millisecondsAStep: 0, millisecondsAPicture: 0 };
    const counts = await splitCounts(group[0]);
    const memory = timed?.time.memory.bytes ?? memoryOf(group[0]);
    for (const spec of group) {
      const milliseconds = estimatedTime([spec], time, 1, counts);
      estimated.push({ spec, seconds: LEAST_SECONDS + milliseconds / 1000, memory, device } as const);
    }
  }
  return numbered(estimated);
}

function numbered(runs: readonly Omit<PlannedRun, 'index' | 'id'>[]): PlannedRun[] {
  return runs.map(({ spec, seconds, memory, device }, index) => ({
    index,
    id: runId(spec),
    seconds: Number(seconds.toPrecision(3)),
    memory,
    device,
    spec,
  }));
}
