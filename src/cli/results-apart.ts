import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunSpec } from '../experiments/run-spec.js';
import { requireFreeOutputs, requireOutside } from '../files/planned-outputs.js';

export interface ResultsPlan {
  /** The experiment or spec file. */
  readonly inputs: readonly string[];
  readonly specs: readonly RunSpec[];
  /** Records that will be written. */
  readonly records: readonly string[];
  /** Tables, figures and page of an experiment. */
  readonly report?: readonly string[];
  readonly force?: boolean;
}

/**
 * Before the first run: results go nowhere that would lose or change what is read. Records have names that only the kit
 * gives; a report is the kit's where the folder holds its records.
 *
 * @throws KitError `not-writable`
 */
export async function requireResultsApart(results: string, plan: ResultsPlan): Promise<void> {
  const { inputs, specs, records, report = [], force } = plan;
  for (const directory of new Set(
    specs.map(({ dataset }) => ('directory' in dataset ? dataset.directory : undefined)),
  ))
    if (directory !== undefined) requireOutside(results, directory);
  await requireFreeOutputs({
    inputs,
    force,
    outputs: [
      ...records.map((path) => ({ path, isEarlierResult: () => true })),
      ...report.map((path) => ({ path, isEarlierResult: () => holdsRecords(results) })),
    ],
  });
}

function holdsRecords(results: string): boolean {
  const runs = join(results, 'runs');
  return (
    existsSync(runs) &&
    readdirSync(runs, { recursive: true }).some((file) => /[0-9a-f]{16}\.json$/.test(String(file)))
  );
}
