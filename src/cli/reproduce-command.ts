import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative } from 'node:path';
import { loadPictures } from '../experiments/experiment-data.js';
import {
  type Experiment,
  type ExperimentChoice,
  experimentPath,
  layOutExperiment,
  readExperiment,
} from '../experiments/experiment-file.js';
import { planRuns } from '../experiments/experiment-plan.js';
import { requireSameData } from '../experiments/fits-data.js';
import { missingInputs, requireInputs } from '../experiments/missing-inputs.js';
import { hasRecord, readRecords, recordPath, removeRun } from '../experiments/record-store.js';
import { runAll } from '../experiments/run-pool.js';
import { type RunSpec, runId } from '../experiments/run-spec.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { reportPaths } from '../report/page.js';
import { summaryTable } from '../report/table.js';
import type { RunRecord } from '../types/run-record.js';
import { type BackboneChoice, filesOfBackbone, refuseOnnxOptions } from './backbone-choice.js';
import { writeExperimentPage } from './experiment-page.js';
import { isFolder, type OwnPicturesPlan, planOwnPictures } from './own-pictures-plan.js';
import { costLines, settingLines, workLines } from './plan-lines.js';
import { cancelOnInterrupt, howToGoOn, prepareData, trainingProgress } from './progress.js';
import { requireResultsApart } from './results-apart.js';

export interface ReproduceOptions extends BackboneChoice {
  /** Default: the experiment's own. */
  readonly profile?: string;
  /** Say what it takes and train nothing. */
  readonly plan?: boolean;
  readonly only?: readonly string[];
  readonly seeds?: number;
  readonly force?: boolean;
  readonly workers?: number;
  readonly results: string;
  /** Of one's own pictures: write the experiment file here and train nothing. */
  readonly writeExperiment?: string;
}

/** `kit reproduce`: trains what has no record yet, then writes tables, figures and the page. */
export async function reproduceCommand(name: string, options: ReproduceOptions): Promise<void> {
  const started = Date.now();
  const own = isFolder(name) ? await planOwnPictures(name, options) : undefined;
  if (own === undefined) refuseOptionsOfPictures(name, options);
  else process.stdout.write(own.description);
  if (own !== undefined && options.writeExperiment !== undefined) {
    writeExperimentFile(own.content, options.writeExperiment);
    return;
  }
  const layOut = (choice: ExperimentChoice) =>
    own === undefined
      ? readExperiment(experimentPath(name), choice)
      : layOutExperiment(own.content, `the experiment on ${name}`, choice);
  const experiment = layOut(options);
  const whole = layOut({ profile: options.profile });
  const ids = new Set([...whole.specs, ...experiment.specs].map(runId));
  const found = () => readRecords(options.results, experiment.name).filter((record) => ids.has(record.id));
  const missing = experiment.specs.filter((spec) => options.force || !hasRecord(options.results, spec));
  if (options.plan) {
    await sayPlan(experiment, missing, options);
    return;
  }
  requireInputs(missing);
  await requireResultsApart(options.results, {
    inputs: [
      ...(own === undefined ? [experimentPath(name)] : []),
      ...experiment.specs.flatMap(({ model }) => ('file' in model ? filesOfBackbone(model.file) : [])),
    ],
    specs: experiment.specs,
    records: missing.map((spec) => recordPath(options.results, spec.experiment, runId(spec))),
    report: reportPaths(options.results, experiment.name),
    force: options.force,
  });
  process.stdout.write(introduction(experiment, missing));
  if (missing.length === 0)
    process.stdout.write('Nothing trained: every run has its record already (--force runs them again).\n');
  else await trainMissing(missing, found(), options);

  const records = found();
  if (missing.length === 0) await requireDataUnchanged(experiment.specs[0], records);
  const page = await writeExperimentPage(experiment, records, options.results);
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  process.stdout.write(`\n${summaryTable(records)}\n\n${minutes} minutes. Everything on one page: ${page}\n`);
}

function introduction({ name, description, specs }: Experiment, missing: readonly RunSpec[]): string {
  return `${name}: ${description}\n${specs.length} runs, ${missing.length} to do.\n`;
}

async function sayPlan(
  experiment: Experiment,
  specs: readonly RunSpec[],
  { workers }: ReproduceOptions,
): Promise<void> {
  const print = (lines: readonly string[]) => process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  process.stdout.write(introduction(experiment, specs));
  if (specs.length > 0) {
    const lacking = missingInputs(specs);
    print(workLines(specs, lacking));
    print(costLines(await planRuns(specs, { workers }), specs, lacking));
  }
  print([...settingLines(experiment), 'Nothing was trained.']);
}

function refuseOptionsOfPictures(name: string, options: ReproduceOptions): void {
  const { backbone, writeExperiment } = options;
  const given =
    backbone !== undefined ? '--backbone' : writeExperiment !== undefined ? '--write-experiment' : null;
  if (given === null) {
    refuseOnnxOptions(undefined, options);
    return;
  }
  throw new KitError(
    'invalid-argument',
    `${given} goes with a folder of pictures; ${name} is ${/[/\\]/.test(name) && !name.endsWith('.json') ? 'no folder' : 'an experiment, whose file says these things'}.`,
  );
}

function writeExperimentFile(content: OwnPicturesPlan['content'], path: string): void {
  if (existsSync(path))
    throw new KitError('invalid-argument', `${path} is there already; name another file, or remove it.`);
  writeFileWhole(path, `${JSON.stringify(withPathsFrom(content, dirname(path)), null, 2)}\n`);
  process.stdout.write(`${path}: run it from this folder with kit reproduce ${path}\n`);
}

/** An experiment file names networks relative to itself. */
function withPathsFrom(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => withPathsFrom(entry, folder));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'file' && !isAbsolute(inner) ? relative(folder, inner) : withPathsFrom(inner, folder),
    ]),
  );
}

async function trainMissing(
  specs: readonly RunSpec[],
  records: readonly RunRecord[],
  options: ReproduceOptions,
): Promise<void> {
  const signal = cancelOnInterrupt(howToGoOn(options));
  const ids = new Set(specs.map(runId));
  const kept = records.filter(({ id }) => !ids.has(id));
  await prepareData(specs, kept, signal);
  for (const spec of options.force ? specs : []) removeRun(options.results, spec.experiment, runId(spec));
  const progress = trainingProgress(specs);
  try {
    await runAll(specs, {
      ...options,
      signal,
      onStep: progress.step,
      onEmbedded: progress.embedded,
      onDone: progress.done,
    });
  } finally {
    progress.stop();
  }
}

/** Also of records that came with the kit: whoever has the whole data set is not to take a part's numbers for it. */
async function requireDataUnchanged({ dataset }: RunSpec, records: readonly RunRecord[]): Promise<void> {
  try {
    requireSameData(records, await loadPictures(dataset));
  } catch (error) {
    if (!(error instanceof KitError) || error.code !== 'dataset-missing') throw error;
  }
}
