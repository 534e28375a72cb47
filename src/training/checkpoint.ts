import { existsSync, readFileSync, rmSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { writeFileWhole } from '../files/write-file-whole.js';
import type { CurvePoint } from '../types/run-record.js';

/** Everything that decides how a run goes on; randomness is drawn per step and needs no saving. */
export interface Checkpoint {
  /** Code, backend and data that made it, in one string. */
  readonly origin: string;
  /** Steps done. */
  readonly step: number;
  readonly parameters: readonly Float32Array[];
  readonly statistics: readonly Float32Array[];
  /** By a sampler. */
  readonly remembered: readonly Float32Array[];
  readonly moments: readonly Float32Array[];
  readonly curve: readonly CurvePoint[];
  readonly best: {
    readonly step: number;
    readonly parameters: readonly Float32Array[];
    readonly statistics: readonly Float32Array[];
    readonly remembered: readonly Float32Array[];
  };
  readonly trainingSeconds: number;
  /** Of the losses since the last point of the curve, and how many they were. */
  readonly lossSum: number;
  readonly lossCount: number;
}

export function saveCheckpoint(path: string, checkpoint: Checkpoint): void {
  writeFileWhole(path, serialize(checkpoint));
}

/**
 * Null where there is none, where the file is damaged, or where another origin made it: the run then begins anew, since
 * its record can only name one.
 */
export function loadCheckpoint(path: string, origin: string): Checkpoint | null {
  if (!existsSync(path)) return null;
  try {
    const checkpoint = deserialize(readFileSync(path)) as Checkpoint;
    if (checkpoint.origin === origin) return checkpoint;
  } catch {
    // Damaged: as if it were not there.
  }
  rmSync(path, { force: true });
  return null;
}
