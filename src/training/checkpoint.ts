import { existsSync, readFileSync, rmSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { writeFileWhole } from '../runtime/write-file-whole.js';
import type { CurvePoint } from '../types/run-record.js';

/** Everything that decides how a run goes on; randomness is drawn per step and needs no saving. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  readonly parameters: readonly Float32Array[];
  readonly statistics: readonly Float32Array[];
  readonly moments: readonly Float32Array[];
  readonly curve: readonly CurvePoint[];
  readonly best: {
    readonly step: number;
    readonly parameters: readonly Float32Array[];
    readonly statistics: readonly Float32Array[];
  };
  readonly trainingSeconds: number;
}

export function saveCheckpoint(path: string, checkpoint: Checkpoint): void {
  writeFileWhole(path, serialize(checkpoint));
}

/** Null where there is none, or where the file is damaged: the run then begins anew, which is safe. */
export function loadCheckpoint(path: string): Checkpoint | null {
  if (!existsSync(path)) return null;
  try {
    return deserialize(readFileSync(path)) as Checkpoint;
  } catch {
    rmSync(path, { force: true });
    return null;
  }
}
