import {
  experimentPath,
  merge,
  parseExperimentFile,
  readExperiment,
  readExtended,
} from '../experiments/experiment-file.js';
import { chooseTry, widened } from '../experiments/random-search.js';
import { readSpecFile } from '../experiments/read-spec-file.js';
import { readRecords } from '../experiments/record-store.js';
import { runId } from '../experiments/run-spec.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';

export interface ChooseOptions {
  readonly profile: string;
  /** Experiment whose methods of the same names get the settings; also one of its own folder by name. */
  readonly into?: string;
  readonly widen?: boolean;
  readonly results: string;
}

/** `kit choose`: the best try of each method of a tuning experiment, and where it lies in its ranges. */
export function chooseCommand(name: string, options: ChooseOptions): void {
  const path = experimentPath(name);
  const file = parseExperimentFile(readExtended(path), path);
  const { search } = file;
  if (search === undefined)
    throw new KitError('invalid-spec', `${path} has no "search": it tunes nothing by random search.`);
  const folder = `${file.name}-${options.profile}`;
  // Records of tries of before the file was changed are of other specs.
  const ids = new Set(readExperiment(path, options).specs.map(runId));
  const records = readRecords(options.results, folder).filter(({ id }) => ids.has(id));
  const chosen = file.methods.flatMap(({ method, searches }) =>
    searches === undefined ? [] : [chooseTry(search, method, searches, records)],
  );
  for (const { record, validationRecallAt1, tries, atEdge } of chosen) {
    const edges = atEdge.map(({ place, end }) => `${place} at the ${end === 'from' ? 'low' : 'high'} end`);
    process.stdout.write(
      `${record.method}: ${(100 * validationRecallAt1).toFixed(1)}, best of ${tries}${edges.length === 0 ? '' : ` (${edges.join(', ')})`}\n`,
    );
  }
  const open = chosen.some(({ atEdge }) => atEdge.length > 0);
  if (options.widen) {
    if (open) {
      const own = readSpecFile(path) as Record<string, unknown>;
      writeJson(path, { ...own, search: widened(search, chosen) });
    }
    process.stdout.write(
      open
        ? `${path}: one more round over wider ranges, for every method; reproduce it again.\n`
        : 'No best try lies at the edge of its range.\n',
    );
  } else if (open)
    process.stdout.write('A best try lies at the edge of its range: --widen adds a round for all.\n');
  if (options.into === undefined) return;
  const target = experimentPath(options.into);
  const own = readSpecFile(target) as { methods?: { method: string; spec: Record<string, unknown> }[] };
  if (own.methods === undefined)
    throw new KitError('invalid-spec', `${target} has no methods of its own to write settings into.`);
  const methods = own.methods.map((entry) => {
    const found = chosen.find(({ method }) => method === entry.method);
    if (found === undefined) return entry;
    const { over, record, validationRecallAt1, tries } = found;
    return {
      ...entry,
      spec: merge(entry.spec, over),
      chosen: { experiment: folder, run: record.id, validationRecallAt1, tries },
    };
  });
  writeJson(target, { ...own, methods });
  process.stdout.write(`${target}: settings of ${methods.filter((m) => 'chosen' in m).length} methods.\n`);
}

function writeJson(path: string, value: unknown): void {
  writeFileWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}
