import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../src/types/run-record.js';

/** Of an experiment's records, by file name, what does not depend on when and where a run was made. */
export function decidedRecords(
  results: string,
  experiment: string,
): Omit<RunRecord, 'times' | 'environment'>[] {
  const runs = join(results, 'runs', experiment);
  return readdirSync(runs)
    .sort()
    .map((file) => {
      const { times, environment, ...decided } = JSON.parse(readFileSync(join(runs, file), 'utf8'));
      return decided;
    });
}
