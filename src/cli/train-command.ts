import { existsSync } from 'node:fs';
import { readSpecFile } from '../experiments/read-spec-file.js';
import { recordPath, removeRun } from '../experiments/record-store.js';
import { runAll } from '../experiments/run-pool.js';
import { parseRunSpec, runId } from '../experiments/run-spec.js';
import { KitError } from '../kit-error.js';
import { cancelOnInterrupt, howToGoOn, prepareData, trainingProgress } from './progress.js';
import { requireResultsApart } from './results-apart.js';

/** `kit train`: one spec, one record. */
export async function trainCommand(
  path: string,
  options: { force?: boolean; keep?: boolean; results: string },
): Promise<void> {
  const spec = parseRunSpec(readSpec(path), path);
  const record = recordPath(options.results, spec.experiment, runId(spec));
  if (!options.force && existsSync(record)) {
    process.stdout.write(`Nothing trained: ${record} is there already (--force runs it again).\n`);
    return;
  }
  await requireResultsApart(options.results, { inputs: [path], specs: [spec], records: [record] });
  const hasNetwork = ['small-convnet', 'googlenet'].includes(spec.model.name);
  if (options.keep && !hasNetwork)
    throw new KitError(
      'invalid-argument',
      spec.model.name === 'onnx'
        ? `--keep takes the kit's own networks, small-convnet and googlenet; a head on ${spec.model.file} is not written into that file.`
        : `--keep: ${spec.model.name} has no trained network to keep.`,
    );
  const signal = cancelOnInterrupt(howToGoOn(options));
  await prepareData([spec], [], signal);
  if (options.force) removeRun(options.results, spec.experiment, runId(spec));
  const progress = trainingProgress([spec]);
  try {
    await runAll([spec], {
      results: options.results,
      keep: options.keep,
      signal,
      onStep: progress.step,
      onEmbedded: progress.embedded,
      onDone: progress.done,
    });
  } finally {
    progress.stop();
  }
  process.stdout.write(`${record}\n`);
  if (options.keep)
    process.stdout.write(`The network is kept: kit model export ${record} --out model.onnx\n`);
}

function readSpec(path: string): unknown {
  if (!existsSync(path)) throw new KitError('invalid-spec', `There is no spec file ${path}.`);
  return readSpecFile(path);
}
