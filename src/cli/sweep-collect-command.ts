import { existsSync } from 'node:fs';
import { readRecord, recordPath } from '../experiments/record-store.js';
import { KitError } from '../kit-error.js';
import { summaryTable } from '../report/table.js';
import { openSweep } from '../sweeps/sweep-plan.js';
import { writeExperimentPage } from './experiment-page.js';

/** `kit sweep collect`: tables, figures and page of the records that there are, of this experiment as it was planned. */
export async function sweepCollectCommand(
  name: string | undefined,
  { results }: { readonly results: string },
): Promise<void> {
  const { experiment, ids } = openSweep(results, name);
  const records = ids
    .map((id) => recordPath(results, experiment.name, id))
    .filter((path) => existsSync(path))
    .map(readRecord)
    .sort((a, b) => a.method.localeCompare(b.method) || a.seed - b.seed || a.id.localeCompare(b.id));
  if (records.length === 0)
    throw new KitError('invalid-argument', `No run of ${experiment.name} has a record in ${results} yet.`);
  const page = await writeExperimentPage(experiment, records, results);
  const lacking = ids.length - records.length;
  const note = lacking > 0 ? `${lacking} of ${ids.length} runs have no record and are not in it.\n` : '';
  process.stdout.write(`\n${summaryTable(records)}\n\n${note}Everything on one page: ${page}\n`);
}
