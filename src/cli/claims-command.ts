import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '../experiments/environment.js';
import {
  experimentPath,
  parseExperimentFile,
  readExperiment,
  readExtended,
} from '../experiments/experiment-file.js';
import { hasRecord } from '../experiments/record-store.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { claimsMarkdown, judgeClaims } from '../report/claims.js';
import { withReadmeTable } from '../report/readme-table.js';
import { chooseCommand } from './choose-command.js';
import { reproduceCommand } from './reproduce-command.js';

/** In order of what decides most: the methods first, then α and the form of the loss, then the rest. */
const STEPS: readonly { readonly experiment: string; readonly profile: string; readonly into?: string }[] = [
  { experiment: 'cars-methods-search', profile: 'search', into: 'cars-methods' },
  { experiment: 'cars-methods', profile: 'paper' },
  { experiment: 'cub-crops-methods-search', profile: 'search', into: 'cub-crops-methods' },
  { experiment: 'cub-crops-methods', profile: 'paper' },
  { experiment: 'emoji-methods-search', profile: 'search', into: 'emoji-methods' },
  { experiment: 'emoji-methods', profile: 'seeds' },
  { experiment: 'cars-methods', profile: 'folds' },
  { experiment: 'cub-crops-methods', profile: 'folds' },
  { experiment: 'emoji-methods', profile: 'folds' },
  { experiment: 'cars-alpha-both', profile: 'paper' },
  { experiment: 'cars-form', profile: 'paper' },
  { experiment: 'cars-form-steps', profile: 'paper' },
  { experiment: 'cars-normalise', profile: 'paper' },
  { experiment: 'cars-hard-classes', profile: 'paper' },
  { experiment: 'cars-lambda', profile: 'paper' },
  { experiment: 'cars-negatives', profile: 'paper' },
  { experiment: 'cars-dimension', profile: 'paper' },
  { experiment: 'cars-batch-size', profile: 'paper' },
  { experiment: 'cars-training-classes', profile: 'paper' },
  { experiment: 'cars-convergence', profile: 'curves' },
  { experiment: 'cars-convergence-seeds', profile: 'seeds' },
  { experiment: 'emoji-grid-settings', profile: 'seeds' },
];

export interface ClaimsOptions {
  readonly workers?: number;
  readonly results: string;
  /** Only from the records that are there. */
  readonly judgeOnly?: boolean;
}

/**
 * `kit reproduce claims`: runs what each claim rests on and has no record yet, and judges the claims after each experiment,
 * so that it may be stopped anywhere. Experiments whose data is not here are left out by name.
 */
export async function claimsCommand({ workers, results, judgeOnly }: ClaimsOptions): Promise<void> {
  writeClaims(results);
  if (judgeOnly) return;
  const plan = STEPS.map((step) => {
    const { specs } = readExperiment(experimentPath(step.experiment), step);
    const missing = specs.filter((spec) => !hasRecord(results, spec));
    return { ...step, runs: specs.length, missing: missing.length };
  });
  for (const { experiment, profile, runs, missing } of plan)
    process.stdout.write(`${missing} of ${runs} runs to do: ${experiment}, ${profile}\n`);
  for (const { experiment, profile, into } of STEPS) {
    try {
      await reproduceCommand(experiment, { workers, results, profile });
      if (into !== undefined && !isSettled(into)) chooseCommand(experiment, { results, profile, into });
    } catch (error) {
      if (!(error instanceof KitError) || error.code !== 'dataset-missing') throw error;
      process.stdout.write(`${experiment} is left out: ${error.message}\n`);
    }
    writeClaims(results);
  }
}

/** Settings once chosen stay, or finished runs would be of other specs. */
function isSettled(experiment: string): boolean {
  const path = experimentPath(experiment);
  return parseExperimentFile(readExtended(path), path).methods.some(({ chosen }) => chosen !== undefined);
}

function writeClaims(results: string): void {
  const path = join(results, 'claims.md');
  const claims = judgeClaims(results);
  writeFileWhole(path, claimsMarkdown(claims));
  const readme = join(projectRoot, 'README.md');
  if (resolve(results) === join(projectRoot, 'results'))
    writeFileWhole(readme, withReadmeTable(readFileSync(readme, 'utf8'), results));
  for (const { sentence, finding } of claims) process.stdout.write(`${finding.padEnd(12)} ${sentence}\n`);
  process.stdout.write(`${path}\n`);
}
